//! Framing of the data plane: four bytes of length, big-endian, then the message; the answer is one byte.

use super::MAX_MESSAGE;
use async_trait::async_trait;
use bytes::Bytes;
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use libp2p::StreamProtocol;
use libp2p::request_response;
use std::io;

/// Name of the protocol.
pub const PROTOCOL: &str = "/sealane/data/2";

/// Room that is made at once: for a batch of transactions.
const FIRST_READ: usize = 1 << 20;

/// The answer to a message: it arrived.
#[derive(Debug)]
pub struct Ack;

/// Reads and writes messages.
#[derive(Clone, Debug)]
pub struct BatchCodec;

#[async_trait]
impl request_response::Codec for BatchCodec {
    type Protocol = StreamProtocol;
    type Request = Bytes;
    type Response = Ack;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Bytes>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut length = [0; 4];
        io.read_exact(&mut length).await?;
        let length = u32::from_be_bytes(length) as usize;
        if length > MAX_MESSAGE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "message too long"));
        }
        // Beyond that, room is made for what has come, twice over, not for what is merely announced.
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let had = bytes.len();
            bytes.resize(length.min((2 * had).max(FIRST_READ)), 0);
            io.read_exact(&mut bytes[had..]).await?;
        }
        Ok(bytes.into())
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Ack>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut byte = [0; 1];
        io.read_exact(&mut byte).await?;
        Ok(Ack)
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, bytes: Bytes) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        io.write_all(&length.to_be_bytes()).await?;
        io.write_all(&bytes).await?;
        io.flush().await
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, _: Ack) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&[0]).await?;
        io.flush().await
    }
}
