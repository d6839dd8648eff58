//! Holds no code: its tests open the pages of `selvedge-reports` in Chromium, and read the book.
