remove {{ folder }}
