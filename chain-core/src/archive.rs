//! A ledger in one file: all that is needed to execute it again.
//!
//! The file is a sequence of frames: four bytes of length, big-endian, then so many bytes. The first frame is the
//! genesis file as it is. The others are the blocks from height 1 on, without a gap, as nodes exchange them
//! ([`crate::block::WireBlock`]). Nothing follows the last frame.
//!
//! Each block carries the certificate of the one before it. What vouches for the last block of a file is
//! therefore not in the file: compare its log root with a checkpoint.

/// Longest frame, bytes.
pub const MAX_FRAME: usize = 64 << 20;

/// Why a file is not an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// It ends within a frame, or a frame is longer than [`MAX_FRAME`].
    #[error("frame {0} is cut off or too long; export the ledger again")]
    Frame(usize),
    /// There is no frame at all.
    #[error("the file is empty; export the ledger again")]
    Empty,
}

/// The four bytes before a frame; none when it is too long.
pub fn frame_head(bytes: &[u8]) -> Option<[u8; 4]> {
    (bytes.len() <= MAX_FRAME).then(|| u32::try_from(bytes.len()).ok().map(u32::to_be_bytes)).flatten()
}

/// The frames of a file, borrowed from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive<'a> {
    /// The genesis file's bytes.
    pub genesis: &'a [u8],
    /// The blocks' bytes, from height 1.
    pub blocks: Vec<&'a [u8]>,
}

impl<'a> Archive<'a> {
    /// Splits a file into its frames. What is in them is not looked at.
    ///
    /// # Errors
    /// See [`ArchiveError`].
    pub fn read(mut bytes: &'a [u8]) -> Result<Archive<'a>, ArchiveError> {
        let mut frames = Vec::new();
        while !bytes.is_empty() {
            let broken = ArchiveError::Frame(frames.len());
            let (head, rest) = bytes.split_first_chunk::<4>().ok_or(broken)?;
            let length = usize::try_from(u32::from_be_bytes(*head)).map_err(|_| broken)?;
            let frame = rest.get(..length).filter(|_| length <= MAX_FRAME).ok_or(broken)?;
            frames.push(frame);
            bytes = rest.get(length..).unwrap_or_default();
        }
        let (genesis, blocks) = frames.split_first().ok_or(ArchiveError::Empty)?;
        Ok(Archive { genesis, blocks: blocks.to_vec() })
    }
}

#[cfg(test)]
mod tests;
