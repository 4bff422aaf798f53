"""Pages of selections and archives: parse, call one service, answer."""
