#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn file(frames: &[&[u8]]) -> Vec<u8> {
    frames.iter().flat_map(|frame| [&frame_head(frame).unwrap()[..], frame].concat()).collect()
}

#[test]
fn frames_come_back_in_order() {
    let bytes = file(&[b"genesis", b"one", b""]);
    assert_eq!(&bytes[..4], [0, 0, 0, 7]);
    let archive = Archive::read(&bytes).unwrap();
    assert_eq!(archive, Archive { genesis: b"genesis", blocks: vec![b"one", b""] });
}

#[test]
fn a_file_cut_anywhere_inside_a_frame_is_refused() {
    let bytes = file(&[b"genesis", b"one"]);
    assert_eq!(Archive::read(&[]), Err(ArchiveError::Empty));
    for cut in 1..bytes.len() {
        let read = Archive::read(&bytes[..cut]);
        match cut {
            11 => assert!(read.unwrap().blocks.is_empty()),
            _ => assert_eq!(read, Err(ArchiveError::Frame(usize::from(cut > 11)))),
        }
    }
    assert_eq!(Archive::read(&[255; 8]), Err(ArchiveError::Frame(0)));
}
