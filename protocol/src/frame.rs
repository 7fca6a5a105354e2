//! Frames: a length of four bytes (little endian), then one message in bincode.
//!
//! The only file that names `bincode`. A peer is not trusted here: a length above the cap is
//! refused before memory is set aside for it, a collection inside a message may not claim more
//! than the cap either, and a message must fill its frame to the last byte.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest message, bytes. A task says an output's filters and how it is encoded.
pub const MAX_FRAME_BYTES: usize = 4 << 20;

const HEADER_BYTES: usize = 4;

/// Why a frame could not be made or understood.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The message is larger than a frame may be.
    #[error("a message of {bytes} bytes is larger than the limit of {MAX_FRAME_BYTES}")]
    TooLarge {
        /// Its size, bytes.
        bytes: usize,
    },
    /// The message cannot be put into bytes.
    #[error("a message could not be encoded: {0}")]
    Encode(#[from] bincode::error::EncodeError),
    /// The bytes are no message of this kind.
    #[error("a message could not be decoded: {0}")]
    Decode(#[from] bincode::error::DecodeError),
    /// The message ends before its frame does.
    #[error("a message leaves {bytes} bytes of its frame unread")]
    Trailing {
        /// How many.
        bytes: usize,
    },
}

fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<MAX_FRAME_BYTES>()
}

/// Appends the frame of `message` to `out`, which stays as it was if that fails.
pub fn encode<T: Serialize>(message: &T, out: &mut Vec<u8>) -> Result<(), FrameError> {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_BYTES]);
    let result = bincode::serde::encode_into_std_write(message, out, config());
    let bytes = out.len() - start - HEADER_BYTES;
    let result = match result {
        Ok(_) if bytes > MAX_FRAME_BYTES => Err(FrameError::TooLarge { bytes }),
        Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => {
            out[start..start + HEADER_BYTES].copy_from_slice(&(bytes as u32).to_le_bytes());
        }
        Err(_) => out.truncate(start),
    }
    result
}

/// Decodes the message that fills `body`, a frame without its header.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    let (message, read) = bincode::serde::decode_from_slice(body, config())?;
    if read != body.len() {
        return Err(FrameError::Trailing { bytes: body.len() - read });
    }
    Ok(message)
}

/// Bytes as they arrive, cut into messages.
#[derive(Debug, Default)]
pub struct FrameBuffer {
    bytes: Vec<u8>,
    /// Where the first frame that has not been taken begins.
    start: usize,
}

impl FrameBuffer {
    /// A buffer without bytes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where to append the bytes that arrive.
    pub fn space(&mut self) -> &mut Vec<u8> {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        &mut self.bytes
    }

    /// Whether bytes of an unfinished frame are waiting.
    pub fn is_partial(&self) -> bool {
        self.bytes.len() > self.start
    }

    /// Takes the first message, if all of it has arrived.
    pub fn take<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FrameError> {
        let Some((header, rest)) = self.bytes[self.start..].split_first_chunk::<HEADER_BYTES>()
        else {
            return Ok(None);
        };
        let bytes = u32::from_le_bytes(*header) as usize;
        if bytes > MAX_FRAME_BYTES {
            return Err(FrameError::TooLarge { bytes });
        }
        let Some(body) = rest.get(..bytes) else {
            return Ok(None);
        };
        let message = decode(body)?;
        self.start += HEADER_BYTES + bytes;
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::{Command, Report};
    use crate::outcome::{Failure, FailureKind};

    fn failure(message: String) -> Report {
        let failure = Failure::new(FailureKind::Damaged, message);
        Report::Ended {
            slot: 1,
            task: 2,
            variant: 3,
            result: Err(failure),
            micros: 4,
            decode_micros: 1,
        }
    }

    #[test]
    fn a_length_above_the_cap_is_refused_before_the_body_arrives() {
        let mut frames = FrameBuffer::new();
        frames.space().extend_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(frames.take::<Report>(), Err(FrameError::TooLarge { .. })));
    }

    #[test]
    fn a_claim_of_more_elements_than_the_frame_holds_is_refused() {
        // A varint that announces a string of 2^60 bytes.
        let mut body = vec![253];
        body.extend_from_slice(&(1_u64 << 60).to_le_bytes());
        assert!(matches!(decode::<String>(&body), Err(FrameError::Decode(_))));
    }

    #[test]
    fn bytes_after_the_message_are_refused() {
        let mut body = Vec::new();
        encode(&7_u32, &mut body).unwrap();
        body.push(0);
        assert!(matches!(decode::<u32>(&body[4..]), Err(FrameError::Trailing { bytes: 1 })));
    }

    #[test]
    fn a_message_above_the_cap_is_not_sent() {
        let mut out = vec![1];
        let report = failure("x".repeat(MAX_FRAME_BYTES + 1));
        assert!(matches!(encode(&report, &mut out), Err(FrameError::TooLarge { .. })));
        assert_eq!(out, [1]);
    }

    proptest! {
        #[test]
        fn messages_survive_however_their_bytes_are_cut(
            texts in prop::collection::vec(".{0,40}", 1..8),
            cut in 1_usize..64,
        ) {
            let reports: Vec<Report> = texts.into_iter().map(failure).collect();
            let mut wire = Vec::new();
            for report in &reports {
                encode(report, &mut wire).unwrap();
            }
            let mut frames = FrameBuffer::new();
            let mut received = Vec::new();
            for piece in wire.chunks(cut) {
                frames.space().extend_from_slice(piece);
                while let Some(report) = frames.take::<Report>().unwrap() {
                    received.push(report);
                }
            }
            prop_assert!(!frames.is_partial());
            prop_assert_eq!(received, reports);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            let _ = decode::<Command>(&bytes);
            let _ = decode::<Report>(&bytes);
            let mut frames = FrameBuffer::new();
            frames.space().extend_from_slice(&bytes);
            let _ = frames.take::<Command>();
        }
    }
}
