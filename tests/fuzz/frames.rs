//! Frames, as a peer that is not trusted sends them.

use lote_protocol::digest::Digest;
use lote_protocol::encoding::Encoding;
use lote_protocol::frame::{self, FrameBuffer};
use lote_protocol::message::{Command, Hello, Report, Size, Stage, WorkerToken, Written};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::task::{Files, Limits, Order, Task};

use crate::fuzz;

/// A frame of each kind of message.
fn messages() -> Vec<Vec<u8>> {
    let steps = lote_protocol::filter::VariantSpec::parse(
        "web=resize:percent=50+watermark:text=Hola",
        &lote_engine::catalogue::all(),
    );
    let order = Order {
        durable: false,
        sha256: true,
        variant: 3,
        steps: steps.unwrap().steps,
        encoding: Encoding::default(),
    };
    let task = Task { id: 300, name: "a".into(), orders: vec![order], ..Task::default() };
    let lost = Failure::new(FailureKind::NotFound, "the file does not exist (any more)");
    let files = Files { input: Ok(()), outputs: vec![Ok(()), Err(lost)], assets: Vec::new() };
    let size = Size { width: 640, height: 480 };
    let notes = vec!["the profile was left out".into()];
    let sha256 = Some(Digest([7; 32]));
    let written =
        Written { bytes: 70_000, modified_ns: Some(7), sha256, size, source: size, notes };
    let failure = Failure::new(FailureKind::Damaged, "it ends in the middle");
    let ended = |result| Report::Ended {
        slot: 1,
        task: 300,
        variant: 3,
        result,
        micros: 900,
        decode_micros: 300,
    };
    let limits = Limits::default();
    let commands = [
        Command::Welcome {
            slots: 2,
            limits,
            max_memory_bytes: Some(1 << 30),
            max_output_bytes: Some(1 << 20),
            files: 300,
            sandbox: lote_protocol::sandbox::Policy::default(),
        },
        Command::Refuse { reason: "it is not wanted".into() },
        Command::Run { slot: 1, report_stages: true, task, files },
        Command::Stop,
    ];
    let reports = [
        Report::Reached { slot: 1, task: 300, stage: Stage::Filter },
        Report::Decoded { slot: 1, task: 300 },
        ended(Ok(written)),
        ended(Err(failure)),
        Report::Finished { slot: 1, task: 300, micros: 900 },
    ];
    let hello = framed(&Hello { pid: 4711, token: WorkerToken([9; 16]) });
    let commands = commands.iter().map(framed);
    commands.chain(reports.iter().map(framed)).chain([hello]).collect()
}

fn framed<T: serde::Serialize>(message: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode(message, &mut bytes).unwrap();
    bytes
}

#[test]
fn no_frame_makes_the_decoder_panic() {
    let messages = messages();
    let mut bytes = Vec::new();
    // The frame is cut out of a buffer once, and its body decoded three times.
    fuzz("frames (3 decodes a case)", 400_000, |chance| {
        bytes.clone_from(chance.one_of(&messages));
        if chance.below(16) == 0 {
            let next: &Vec<u8> = chance.one_of(&messages);
            bytes.extend_from_slice(next);
        }
        chance.change(&mut bytes);
        if chance.below(2) == 0 && bytes.len() >= 4 {
            // A length that fits, so that the body is looked at.
            let length = (bytes.len() - 4) as u32;
            bytes[..4].copy_from_slice(&length.to_le_bytes());
        }
        let mut frames = FrameBuffer::new();
        frames.space().extend_from_slice(&bytes);
        let is_read = matches!(frames.take::<Report>(), Ok(Some(_)));
        let body = bytes.get(4..).unwrap_or_default();
        is_read
            | frame::decode::<Report>(body).is_ok()
            | frame::decode::<Command>(body).is_ok()
            | frame::decode::<Hello>(body).is_ok()
    });
}
