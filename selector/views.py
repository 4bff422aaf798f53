"""Pages of the dialogue with CVAT: parse, call one service, answer."""
