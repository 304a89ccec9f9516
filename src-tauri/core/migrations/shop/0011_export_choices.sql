-- One line: how the owner last had payments exported, as JSON.
CREATE TABLE export_choices (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    choices TEXT NOT NULL
) STRICT;
