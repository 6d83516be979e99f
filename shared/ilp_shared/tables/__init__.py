"""Tables as files: the one reader and the one writer of what people open in spreadsheets."""
