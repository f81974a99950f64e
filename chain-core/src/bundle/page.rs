//! The page that carries a bundle: an HTML file with the bundle's text between two markers, as base64.

use super::{Bundle, MAX_FILE_BYTES};
use crate::hash::Hash;
use crate::receipt::VerifyError;
use crate::log::text::{base64_bytes, base64_text};

/// Before the bundle. The first occurrence counts.
const OPEN: &str = "<!--sealane-bundle:";
/// After the bundle: the next occurrence after [`OPEN`].
const CLOSE: &str = "-->";

/// A file cut at the markers.
struct Cut<'a> {
    before: &'a [u8],
    bundle: &'a [u8],
    after: &'a [u8],
}

fn find(bytes: &[u8], what: &str) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what.as_bytes())
}

fn cut(file: &[u8]) -> Option<Cut<'_>> {
    let start = find(file, OPEN)? + OPEN.len();
    let (before, rest) = file.split_at(start);
    let (bundle, after) = rest.split_at(find(rest, CLOSE)?);
    Some(Cut { before, bundle, after })
}

fn is_bare(file: &[u8]) -> bool {
    file.first() == Some(&b'{')
}

/// What a bundle says in its `page` to be carried by this page: SHA-256 of the page without a bundle, markers included.
/// None where the page has no pair of markers.
pub fn hash(page: &[u8]) -> Option<Hash> {
    cut(page).map(|cut| Hash::of_parts(&[cut.before, cut.after]))
}

/// Whether a file is an evidence bundle, of whatever worth: bare JSON of the format, or a page with the markers.
pub fn looks_like_one(file: &[u8]) -> bool {
    match file.first() {
        Some(b'{') => file.starts_with(br#"{"format":"sealane-bundle/"#),
        _ => find(file, OPEN).is_some(),
    }
}

/// Puts a bundle into an empty page. None where the page has no empty pair of markers, or is another one than the
/// bundle's `page` names.
pub fn wrap(page: &str, bundle: &Bundle) -> Option<Vec<u8>> {
    cut(page.as_bytes()).filter(|cut| cut.bundle.is_empty())?;
    replace(page.as_bytes(), bundle)
}

/// The file with this bundle in the place of the one in it: bare JSON, or a page. None where the page has no pair of
/// markers, or is another one than the bundle's `page` names.
pub fn replace(file: &[u8], bundle: &Bundle) -> Option<Vec<u8>> {
    if is_bare(file) {
        return Some(bundle.to_bytes());
    }
    let cut = cut(file).filter(|cut| Hash::of_parts(&[cut.before, cut.after]) == bundle.page)?;
    Some([cut.before, base64_text(&bundle.to_bytes()).as_bytes(), cut.after].concat())
}

/// Reads a bundle from a page or from bare JSON, and says whether it was a page.
///
/// # Errors
/// [`VerifyError::Form`]: too long, no markers, other base64, another page, or [`Bundle::from_bytes`].
pub fn read(file: &[u8]) -> Result<(Bundle, bool), VerifyError> {
    let form = |text: &str| VerifyError::Form(text.to_owned());
    if file.len() > MAX_FILE_BYTES {
        return Err(form("the file is longer than 64 MiB"));
    }
    if is_bare(file) {
        return Ok((Bundle::from_bytes(file)?, false));
    }
    let cut = cut(file).ok_or_else(|| form("the file is neither a bundle nor a page that carries one"))?;
    let json = std::str::from_utf8(cut.bundle).ok().and_then(base64_bytes);
    let json = json.ok_or_else(|| form("what the page carries is not base64"))?;
    let bundle = Bundle::from_bytes(&json)?;
    if Hash::of_parts(&[cut.before, cut.after]) != bundle.page {
        return Err(form("the page around the bundle was changed"));
    }
    Ok((bundle, true))
}
