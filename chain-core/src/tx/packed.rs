//! The packed form of a transaction: what nodes send each other and store. Nothing hashes or signs it.
//!
//! The text of a transaction is base64url of JSON, which no compression makes much smaller; decoded, a hundred records
//! are the same words a hundred times. As the one encoding of a byte string is allowed, decoding loses nothing.
//! `FORMAT.md`, section 2, has the layout.

use super::MAX_BYTES;
use crate::keys::{b64_onto, unb64_onto};

/// The text follows as it is.
const PLAIN: u8 = 0;
/// The decoded parts follow as one LZ4 block, after their length.
const PARTS: u8 = 1;

/// The packed form of a text; of a transaction of good form it is the shorter one, of anything else the text itself.
pub fn pack(text: &[u8]) -> Vec<u8> {
    let Some(parts) = decode(text) else { return [&[PLAIN], text].concat() };
    [&[PARTS][..], &lz4_flex::block::compress_prepend_size(&parts)].concat()
}

/// The text of a packed form; none for what is none, or stands for more than a transaction may have.
pub fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (form, rest) = packed.split_first()?;
    match *form {
        PLAIN => (rest.len() <= MAX_BYTES).then(|| rest.to_vec()),
        PARTS => {
            let (length, block) = rest.split_first_chunk()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= MAX_BYTES)?;
            let mut parts = vec![0; length];
            (lz4_flex::block::decompress_into(block, &mut parts).ok()? == length).then_some(())?;
            encode(&parts)
        }
        _ => None,
    }
}

/// `h.p.s~d~d~` to each part's length (four bytes, little-endian) and what it decodes to.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('~')?;
    let (jwt, disclosures) = text.split_once('~').map_or((text, None), |(jwt, rest)| (jwt, Some(rest)));
    let mut parts = Vec::with_capacity(text.len());
    let mut count = 0;
    for part in jwt.split('.') {
        push(&mut parts, part)?;
        count += 1;
    }
    if count != 3 {
        return None;
    }
    for part in disclosures.into_iter().flat_map(|rest| rest.split('~')) {
        push(&mut parts, part)?;
    }
    (parts.len() <= MAX_BYTES).then_some(parts)
}

fn push(parts: &mut Vec<u8>, part: &str) -> Option<()> {
    let at = parts.len();
    parts.extend([0; 4]);
    unb64_onto(part, parts)?;
    let length = u32::try_from(parts.len() - at - 4).ok()?;
    parts.get_mut(at..at + 4)?.copy_from_slice(&length.to_le_bytes());
    Some(())
}

fn encode(mut parts: &[u8]) -> Option<Vec<u8>> {
    let mut text = String::with_capacity(parts.len() * 4 / 3 + 4);
    let mut count = 0;
    while let Some((length, rest)) = parts.split_first_chunk() {
        let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        b64_onto(part, &mut text);
        text.push(if count < 2 { '.' } else { '~' });
        (parts, count) = (rest, count + 1);
    }
    (parts.is_empty() && count >= 3).then(|| text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn good_forms_are_taken_apart_and_others_are_left() {
        for text in ["AA.AQ.Ag~", "AA.AQ.Ag~AQI~", "..~", "AA.AQ.Ag~~", "e30.e30.AA~e30~e30~"] {
            let packed = pack(text.as_bytes());
            assert_eq!((packed[0], unpack(&packed)), (PARTS, Some(text.as_bytes().to_vec())), "{text}");
        }
        // Another text for the same bytes, padding, a part too few or too many, no end, not text.
        for text in ["AA.AQ.Ah~", "AA.AQ.Ag==~", "AA.AQ~", "AA.AQ.Ag.AA~", "AA.AQ.Ag", "", "~", "AA.AQ.Ag~A~", "é.e.e~"] {
            let packed = pack(text.as_bytes());
            assert_eq!((packed[0], unpack(&packed)), (PLAIN, Some(text.as_bytes().to_vec())), "{text}");
        }
        assert_eq!(unpack(&pack(&[0xff, 0x00])), Some(vec![0xff, 0x00]));
    }

    #[test]
    fn a_hundred_records_take_a_third() {
        let part = super::super::disclosure::of_element(&[7; 16], &serde_json::json!({"kind": "trade.order/1"}));
        let text = format!("e30.e30.AA~{}", format!("{part}~").repeat(100));
        assert!(pack(text.as_bytes()).len() < text.len() / 3);
    }

    #[test]
    fn what_is_no_packed_form_is_refused() {
        let block = |parts: &[u8]| [&[PARTS][..], &lz4_flex::block::compress_prepend_size(parts)].concat();
        let parts = decode(b"AA.AQ.Ag~AQI~").unwrap();
        assert!(unpack(&block(&parts)).is_some());
        for cut in 0..parts.len() {
            // Whole parts may be missing, as long as it still is a JWT.
            let whole = cut == 15;
            assert_eq!(unpack(&block(&parts[..cut])).is_some(), whole, "{cut}");
        }
        let packed = block(&parts);
        assert!((0..packed.len()).all(|cut| unpack(&packed[..cut]).is_none()));
        assert_eq!(unpack(&[2, 0]), None);
        assert_eq!(unpack(&[&[PLAIN][..], &vec![b'a'; MAX_BYTES + 1]].concat()), None);
        // A claim of four gigabytes takes no memory.
        assert_eq!(unpack(&[PARTS, 0xff, 0xff, 0xff, 0xff, 0x10]), None);
        let mut long = decode(b"AA.AQ.Ag~").unwrap();
        long.extend(u32::try_from(MAX_BYTES).unwrap().to_le_bytes());
        long.extend(vec![0; MAX_BYTES]);
        assert_eq!(unpack(&block(&long)), None);
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert_eq!(unpack(&pack(&text)), Some(text));
        }

        #[test]
        fn so_does_every_text_of_good_form(parts in proptest::collection::vec("([A-Za-z0-9_-]{4}){0,20}", 3..12)) {
            let text = format!("{}.{}.{}~{}", parts[0], parts[1], parts[2], parts[3..].iter().map(|p| format!("{p}~")).collect::<String>());
            let packed = pack(text.as_bytes());
            prop_assert_eq!(packed[0], PARTS);
            prop_assert_eq!(unpack(&packed), Some(text.into_bytes()));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&bytes);
            let _ = unpack(&[&[PARTS, 100, 0, 0, 0][..], &bytes].concat());
        }
    }
}
