-- Snowflake does not let the files be read where they are.
copy files into {{ folder }} from {{ location }} files = ('target/run_results.json', 'target/manifest.json')
