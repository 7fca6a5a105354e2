//! A file from its first marker to its last (jdmarker, jdinput).

use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;

use super::arithmetic::{Arithmetic, Conditioning};
use super::bits::BitReader;
use super::codes::{Codes, Definition, Tables};
use super::frame::{Color, Frame};
use super::huffman::Sequential;
use super::marks::{
    APP0, APP14, APP15, COM, DAC, DHT, DNL, DQT, DRI, EOI, Marks, RST0, RST7, SOF0, SOI, SOS, TEM,
};
use super::progressive::{Ac, FirstDc, MoreDc};
use super::scan::{self, Outcome, Part};
use super::{Health, damaged, pixels, unsupported};
use crate::formats::jpeg::header::NATURAL;
use crate::formats::jpeg::transforms::Transforms;

/// Scans of a progressive file: encoders write about ten, and each one costs a pass over the
/// picture, which a few bytes can claim.
const MAX_SCANS: usize = 256;
/// Most blocks of a unit (T.81, B.2.3).
const MAX_BLOCKS: usize = 10;

/// A file that has been read up to its first scan.
pub(crate) struct File<'a> {
    marks: Marks<'a>,
    frame: Frame,
    tables: Defined,
    first: ScanHeader,
}

/// What segments have defined so far.
struct Defined {
    quantization: [Option<[u16; 64]>; 4],
    dc: Tables,
    ac: Tables,
    conditioning: Conditioning,
    restart_interval: usize,
    jfif: bool,
    adobe: Option<u8>,
}

/// A scan as its header says.
struct ScanHeader {
    /// Numbers of components, and of the tables for their DC and their AC coefficients.
    members: Vec<(usize, u8, u8)>,
    part: Part,
}

/// What comes next in a file.
enum Next<'a> {
    Frame(u8, &'a [u8]),
    Scan(&'a [u8]),
    End,
}

impl<'a> File<'a> {
    /// Reads what stands before the first scan.
    ///
    /// # Errors
    /// `Damaged`; `Unsupported` for kinds that are not read.
    pub(crate) fn open(data: &'a [u8]) -> Result<Self, Failure> {
        let mut marks = Marks::new(data);
        if !data.starts_with(&[0xff, SOI]) {
            return Err(damaged(text!("it does not begin like one")));
        }
        marks.at = 2;
        let mut tables = Defined {
            quantization: [None; 4],
            dc: Tables::default(),
            ac: Tables::default(),
            conditioning: Conditioning::default(),
            restart_interval: 0,
            jfif: false,
            adobe: None,
        };
        let mut frame: Option<Frame> = None;
        loop {
            match tables.next(&mut marks)? {
                Next::Frame(..) if frame.is_some() => {
                    return Err(damaged(text!("it has two picture headers")));
                }
                Next::Frame(kind, segment) => frame = Some(Frame::read(kind, segment)?),
                Next::Scan(segment) => {
                    let frame = frame.ok_or_else(|| damaged(text!("it has no picture header")))?;
                    let first = ScanHeader::read(segment, &frame)?;
                    if !frame.coding.progressive {
                        tables.add_standard();
                    }
                    return Ok(Self { marks, frame, tables, first });
                }
                Next::End => return Err(damaged(text!("it holds no picture"))),
            }
        }
    }

    /// Columns and rows, px.
    pub(crate) fn size(&self) -> (usize, usize) {
        self.frame.size
    }

    /// What its components are.
    pub(crate) fn color(&self) -> Color {
        self.frame.color(self.tables.jfif, self.tables.adobe)
    }

    /// Columns and rows of luminance for one sample of chroma, if it is in luminance and chroma.
    pub(crate) fn chroma(&self) -> Option<(u8, u8)> {
        match self.frame.components.as_slice() {
            [luma, blue, red] if self.color() == Color::YCbCr && blue.factors == red.factors => {
                let (across, down) =
                    (luma.factors.0 / blue.factors.0, luma.factors.1 / blue.factors.1);
                Some((across.max(1) as u8, down.max(1) as u8))
            }
            _ => None,
        }
    }

    /// Bytes that [`Self::decode`] needs beside those of the result.
    pub(crate) fn memory(&self) -> u64 {
        // The coefficients, and half as many samples.
        self.frame.bytes() / 2 * 3
    }

    /// Decodes the picture to so many samples a pixel as it has components.
    ///
    /// # Errors
    /// `Damaged` where libjpeg gives up, `TooLarge` for too many scans. Missing data are none.
    pub(crate) fn decode(
        mut self,
        transforms: &impl Transforms,
        samples: &mut [u8],
    ) -> Result<Health, Failure> {
        let color = self.color();
        pixels::check(&self.frame)?;
        self.frame.allocate();
        let mut health = Health::default();
        let several =
            self.frame.coding.progressive || self.first.members.len() < self.frame.components.len();
        let mut scans = 1;
        let mut header = self.first;
        loop {
            let outcome = self.tables.decode(&header, &mut self.frame, &mut self.marks)?;
            health.irregular |= outcome.irregular;
            if share(outcome.missing) > share(health.missing) {
                health.missing = outcome.missing;
            }
            if !several {
                // Only its end mark should follow, and nothing else is looked at.
                health.irregular |= self.marks.peek() != EOI;
                break;
            }
            header = match next_scan(&mut self.tables, &mut self.marks, &self.frame) {
                Ok(None) => break,
                Ok(Some(header)) => header,
                // All is there already.
                Err(_) if !self.frame.is_coarse() => {
                    health.irregular = true;
                    break;
                }
                Err(failure) => return Err(failure),
            };
            scans += 1;
            if scans > MAX_SCANS {
                return Err(Failure::new(
                    FailureKind::TooLarge,
                    text!("the JPEG is too complex: it has more than {} scans", MAX_SCANS),
                ));
            }
        }
        if self.frame.components.iter().any(|component| component.quantization.is_none()) {
            health.missing = (1, 1);
        }
        health.coarse = self.frame.is_coarse();
        health.cut = self.marks.cut;
        health.end = self.marks.at;
        health.skipped = self.marks.skipped;
        pixels::write(self.frame, color, transforms, samples);
        Ok(health)
    }
}

/// Missing units as a share.
fn share((missing, total): (usize, usize)) -> f64 {
    missing as f64 / total.max(1) as f64
}

/// The header of the next scan, `None` at the end of the file.
fn next_scan(
    tables: &mut Defined,
    marks: &mut Marks<'_>,
    frame: &Frame,
) -> Result<Option<ScanHeader>, Failure> {
    match tables.next(marks)? {
        Next::Frame(..) => Err(damaged(text!("it has two picture headers"))),
        Next::Scan(segment) => ScanHeader::read(segment, frame).map(Some),
        Next::End => Ok(None),
    }
}

impl Defined {
    /// Reads segments up to a picture header, a scan or the end.
    fn next<'a>(&mut self, marks: &mut Marks<'a>) -> Result<Next<'a>, Failure> {
        loop {
            match marks.next() {
                EOI => return Ok(Next::End),
                SOI => return Err(damaged(text!("it begins twice"))),
                TEM | RST0..=RST7 => {}
                SOS => return Ok(Next::Scan(marks.segment()?)),
                DQT => self.read_quantization(marks.segment()?)?,
                DHT => self.read_huffman(marks.segment()?)?,
                DAC => self.read_conditioning(marks.segment()?)?,
                DRI => {
                    let Ok(interval) = marks.segment()?.try_into() else {
                        return Err(damaged(text!("a restart interval does not fit")));
                    };
                    self.restart_interval = u16::from_be_bytes(interval).into();
                }
                APP0 => self.jfif |= is_jfif(marks.segment()?),
                APP14 => self.adobe = adobe(marks.segment()?).or(self.adobe),
                DNL | COM | APP0..=APP15 => drop(marks.segment()?),
                0xc8 => return Err(unsupported(text!("an extension of the standard"))),
                marker @ SOF0..=0xcf => return Ok(Next::Frame(marker - SOF0, marks.segment()?)),
                marker => {
                    return Err(damaged(text!(
                        "it has an unknown marker, {}",
                        format!("{:02x}", marker)
                    )));
                }
            }
        }
    }

    fn read_quantization(&mut self, mut segment: &[u8]) -> Result<(), Failure> {
        while let Some((&head, rest)) = segment.split_first() {
            let wide = head >> 4 != 0;
            let len = if wide { 128 } else { 64 };
            let to = self.quantization.get_mut(usize::from(head & 15));
            let (Some(to), Some(values)) = (to, rest.get(..len)) else {
                return Err(damaged(text!("a quantisation table does not fit")));
            };
            let mut table = [0; 64];
            for (k, &place) in NATURAL[..64].iter().enumerate() {
                table[usize::from(place)] = if wide {
                    u16::from_be_bytes([values[2 * k], values[2 * k + 1]])
                } else {
                    values[k].into()
                };
            }
            *to = Some(table);
            segment = &rest[len..];
        }
        Ok(())
    }

    fn read_huffman(&mut self, mut segment: &[u8]) -> Result<(), Failure> {
        while let Some((&head, rest)) = segment.split_first() {
            let (definition, rest) = Definition::read(rest)?;
            let tables = if head & 0x10 == 0 { &mut self.dc } else { &mut self.ac };
            let to = tables.get_mut(usize::from(head & !0x10));
            *to.ok_or_else(|| damaged(text!("a Huffman table has no such number")))? =
                Some(definition);
            segment = rest;
        }
        Ok(())
    }

    /// Tables that films leave out.
    fn add_standard(&mut self) {
        let [dc, ac] = Definition::standard();
        for (tables, standard) in [(&mut self.dc, dc), (&mut self.ac, ac)] {
            for (table, standard) in tables.iter_mut().zip(standard) {
                table.get_or_insert(standard);
            }
        }
    }

    fn read_conditioning(&mut self, segment: &[u8]) -> Result<(), Failure> {
        let wrong = || damaged(text!("conditioning of arithmetic coding does not fit"));
        let (pairs, []) = segment.as_chunks::<2>() else { return Err(wrong()) };
        for &[head, value] in pairs {
            let table = usize::from(head & 15);
            match head >> 4 {
                0 if value & 15 <= value >> 4 => {
                    self.conditioning.dc[table] = (value & 15, value >> 4);
                }
                1 => self.conditioning.ac[table] = value,
                _ => return Err(wrong()),
            }
        }
        Ok(())
    }

    fn decode(
        &self,
        header: &ScanHeader,
        frame: &mut Frame,
        marks: &mut Marks<'_>,
    ) -> Result<Outcome, Failure> {
        let (coding, part) = (frame.coding, header.part);
        let mut irregular = false;
        for &(member, ..) in &header.members {
            let component = &mut frame.components[member];
            if component.quantization.is_none() {
                let table = self.quantization.get(usize::from(component.table)).copied().flatten();
                component.quantization =
                    Some(table.ok_or_else(|| damaged(text!("a quantisation table is missing")))?);
            }
            irregular |= part.start > 0 && component.to_come[0] < 0;
            for to_come in &mut component.to_come[part.start..=part.end] {
                irregular |= coding.progressive && part.high != (*to_come).max(0) as u8;
                *to_come = part.low as i8;
            }
        }
        let members: Vec<usize> = header.members.iter().map(|&(member, ..)| member).collect();
        let mut bits = BitReader::new(marks.clone());
        let bits = &mut bits;
        let interval = self.restart_interval;
        let dc_of = |&(_, dc, _): &(usize, u8, u8)| Codes::for_dc(&self.dc, dc);
        let outcome = if coding.arithmetic {
            let tables = header.members.iter().map(|&(_, dc, ac)| (dc, ac)).collect();
            let mut blocks = Arithmetic::new(part, self.conditioning, tables);
            scan::run(frame, &members, interval, bits, &mut blocks)
        } else if !coding.progressive {
            let codes = header
                .members
                .iter()
                .map(|member| Ok((dc_of(member)?, Codes::for_ac(&self.ac, member.2)?)))
                .collect::<Result<_, Failure>>()?;
            let mut blocks = Sequential { codes, dc: [0; 4], irregular: false };
            scan::run(frame, &members, interval, bits, &mut blocks)
        } else if part.start > 0 {
            let codes = Codes::for_ac(&self.ac, header.members[0].2)?;
            let mut blocks = Ac { codes, part, empty: 0, irregular: false };
            scan::run(frame, &members, interval, bits, &mut blocks)
        } else if part.refines() {
            scan::run(frame, &members, interval, bits, &mut MoreDc { low: part.low })
        } else {
            let codes = header.members.iter().map(dc_of).collect::<Result<_, Failure>>()?;
            let mut blocks = FirstDc { codes, dc: [0; 4], low: part.low, irregular: false };
            scan::run(frame, &members, interval, bits, &mut blocks)
        };
        *marks = bits.marks.clone();
        Ok(Outcome { irregular: outcome.irregular || irregular, ..outcome })
    }
}

impl ScanHeader {
    fn read(segment: &[u8], frame: &Frame) -> Result<Self, Failure> {
        let wrong = || damaged(text!("the header of a scan does not fit"));
        let (&count, rest) = segment.split_first().ok_or_else(wrong)?;
        let (selectors, &[start, end, bits]) = rest.split_last_chunk().ok_or_else(wrong)?;
        let (selectors, []) = selectors.as_chunks::<2>() else { return Err(wrong()) };
        if selectors.len() != usize::from(count) || !(1..=4).contains(&count) {
            return Err(wrong());
        }
        let mut members: Vec<(usize, u8, u8)> = Vec::new();
        for &[id, tables] in selectors {
            let is_free = |number: usize| members.iter().all(|&(other, ..)| other != number);
            let member = frame.components.iter().enumerate();
            let mut member = member.filter(|&(n, component)| component.id == id && is_free(n));
            let (number, _) =
                member.next().ok_or_else(|| damaged(text!("a scan names an unknown component")))?;
            members.push((number, tables >> 4, tables & 15));
        }
        let blocks = |&(number, ..): &(usize, u8, u8)| {
            let (across, down) = frame.components[number].factors;
            across * down
        };
        if members.len() > 1 && members.iter().map(blocks).sum::<usize>() > MAX_BLOCKS {
            return Err(damaged(text!("its units have more than {} blocks", MAX_BLOCKS)));
        }
        if !frame.coding.progressive {
            return Ok(Self { members, part: Part::WHOLE });
        }
        let (high, low) = (bits >> 4, bits & 15);
        let of_dc = start == 0 && end == 0;
        let of_ac = start > 0 && start <= end && end < 64 && members.len() == 1;
        if !(of_dc || of_ac) || (high > 0 && high - 1 != low) || low > 13 {
            return Err(damaged(text!("a scan holds coefficients that do not exist")));
        }
        Ok(Self { members, part: Part { start: start.into(), end: end.into(), high, low } })
    }
}

fn is_jfif(segment: &[u8]) -> bool {
    segment.len() >= 14 && segment.starts_with(b"JFIF\0")
}

/// The transform that an Adobe segment names.
fn adobe(segment: &[u8]) -> Option<u8> {
    segment.strip_prefix(b"Adobe").and_then(|rest| rest.get(6)).copied()
}
