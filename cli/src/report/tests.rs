#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn columns_line_up_with_chinese_text() {
    let rows = [["节点", "a"], ["ab", "b"]].map(|row| row.map(str::to_owned).to_vec());
    assert_eq!(table(&rows), "节点  a\nab    b\n");
}

#[test]
fn colours_take_no_room() {
    assert_eq!(width("\u{1b}[32mpass\u{1b}[0m"), 4);
}

#[test]
fn json_has_neither_colour_nor_progress() {
    let screen = Screen::new(true, Lang::English);
    assert_eq!(screen.paint(Colour::Red, "no"), "no");
    assert!(screen.progress(3, "import.progress").is_hidden());
}
