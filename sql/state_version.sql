select {{ version }} as data_version from {{ state }}
