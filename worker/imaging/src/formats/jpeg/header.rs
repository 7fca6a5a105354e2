//! What a JPEG file says before its scan, for the kind of file that is decoded in bands: baseline
//! or extended sequential, Huffman, 8 bits, all components in one scan (ITU-T T.81, annex B).

use super::huffman::Table;

const SOI: u8 = 0xd8;
const SOF0: u8 = 0xc0;
const SOF1: u8 = 0xc1;
const DHT: u8 = 0xc4;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;
const COM: u8 = 0xfe;

/// Coefficients of a block in the order in which they are stored, as places in its rows (T.81,
/// figure A.6). A run beyond the last coefficient ends on it, as in libjpeg; the table is as long
/// as an index of 7 bits reaches.
pub(crate) const NATURAL: [u8; 128] = {
    let mut natural = [63; 128];
    let (mut row, mut column) = (0, 0);
    let mut k = 0;
    while k < 64 {
        natural[k] = row * 8 + column;
        let up = (row + column) % 2 == 0;
        if up && column == 7 {
            row += 1;
        } else if up && row == 0 {
            column += 1;
        } else if up {
            row -= 1;
            column += 1;
        } else if row == 7 {
            column += 1;
        } else if column == 0 {
            row += 1;
        } else {
            row += 1;
            column -= 1;
        }
        k += 1;
    }
    natural
};

/// One component of the picture.
pub(crate) struct Component {
    /// Blocks of 8 x 8 samples in a unit (MCU), across and down, 1 or 2.
    pub(crate) blocks: (usize, usize),
    /// Quantisation steps, row by row.
    pub(crate) quantization: [u16; 64],
    /// Huffman tables: its DC and its AC table in `Header::dc` and `Header::ac`.
    pub(crate) tables: (usize, usize),
}

/// What stands before the scan.
pub(crate) struct Header<'a> {
    /// Columns and rows, px.
    pub(crate) size: (usize, usize),
    /// One or three, in the order of the scan.
    pub(crate) components: Vec<Component>,
    /// Tables for the first coefficient of blocks.
    pub(crate) dc: [Option<Box<Table>>; 4],
    /// Tables for the other ones.
    pub(crate) ac: [Option<Box<Table>>; 4],
    /// Units between restart markers, 0 if there are none.
    pub(crate) restart_interval: usize,
    /// The scan and what follows it.
    pub(crate) data: &'a [u8],
}

/// A component as its frame names it.
#[derive(Clone, Copy)]
struct Named {
    id: u8,
    sampling: u8,
    quantization: u8,
}

/// Reads up to the scan. `None` for all that is not of the common kind, damaged or not.
pub(crate) fn read(file: &[u8]) -> Option<Header<'_>> {
    let mut rest = file.strip_prefix(&[0xff, SOI])?;
    let mut quantization: [Option<[u16; 64]>; 4] = [None; 4];
    let mut dc = [None, None, None, None];
    let mut ac = [None, None, None, None];
    let mut restart_interval = 0;
    let mut frame = None;
    loop {
        let (&[0xff, marker, high, low], _) = rest.split_first_chunk()? else { return None };
        let len = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + len)?;
        rest = rest.get(2 + len..)?;
        match marker {
            SOF0 | SOF1 if frame.is_none() => frame = Some(read_frame(segment)?),
            DQT => read_quantization(segment, &mut quantization)?,
            DHT => read_huffman(segment, &mut dc, &mut ac)?,
            DRI => restart_interval = usize::from(u16::from_be_bytes(segment.try_into().ok()?)),
            SOS => {
                let (size, named) = frame?;
                let components = read_scan(segment, &named, &quantization)?;
                return Some(Header { size, components, dc, ac, restart_interval, data: rest });
            }
            COM | 0xe0..=0xef => {}
            _ => return None,
        }
    }
}

fn read_frame(segment: &[u8]) -> Option<((usize, usize), Vec<Named>)> {
    let (&[8, h1, h0, w1, w0, count], rest) = segment.split_first_chunk()? else { return None };
    let (components, []) = rest.as_chunks::<3>() else { return None };
    let named: Vec<_> = components
        .iter()
        .map(|&[id, sampling, quantization]| Named { id, sampling, quantization })
        .collect();
    let width = usize::from(u16::from_be_bytes([w1, w0]));
    let height = usize::from(u16::from_be_bytes([h1, h0]));
    let distinct = (1..named.len()).all(|i| named[..i].iter().all(|other| other.id != named[i].id));
    let usual = usize::from(count) == named.len() && distinct && width > 0 && height > 0;
    usual.then_some(((width, height), named))
}

fn read_quantization(mut segment: &[u8], tables: &mut [Option<[u16; 64]>; 4]) -> Option<()> {
    while let Some((&head, rest)) = segment.split_first() {
        let wide = match head >> 4 {
            0 => false,
            1 => true,
            _ => return None,
        };
        let len = if wide { 128 } else { 64 };
        let values = rest.get(..len)?;
        let mut table = [0; 64];
        for (k, &place) in NATURAL[..64].iter().enumerate() {
            table[usize::from(place)] = if wide {
                u16::from_be_bytes([values[2 * k], values[2 * k + 1]])
            } else {
                values[k].into()
            };
        }
        *tables.get_mut(usize::from(head & 15))? = Some(table);
        segment = &rest[len..];
    }
    Some(())
}

fn read_huffman(
    mut segment: &[u8],
    dc: &mut [Option<Box<Table>>; 4],
    ac: &mut [Option<Box<Table>>; 4],
) -> Option<()> {
    while let Some((&head, rest)) = segment.split_first() {
        let (counts, rest) = rest.split_first_chunk::<16>()?;
        let len = counts.iter().map(|&count| usize::from(count)).sum();
        let symbols = rest.get(..len)?;
        let (tables, table) = match head >> 4 {
            0 => (&mut *dc, Table::for_dc(counts, symbols)?),
            1 => (&mut *ac, Table::for_ac(counts, symbols)?),
            _ => return None,
        };
        *tables.get_mut(usize::from(head & 15))? = Some(Box::new(table));
        segment = &rest[len..];
    }
    Some(())
}

fn read_scan(
    segment: &[u8],
    named: &[Named],
    quantization: &[Option<[u16; 64]>; 4],
) -> Option<Vec<Component>> {
    let (&count, rest) = segment.split_first()?;
    // All coefficients in all their bits.
    let (selectors, &[0, 63, 0]) = rest.split_last_chunk()? else { return None };
    let (selectors, []) = selectors.as_chunks::<2>() else { return None };
    if usize::from(count) != selectors.len() || selectors.len() != named.len() {
        return None;
    }
    let alone = named.len() == 1;
    let components = named.iter().zip(selectors).map(|(named, &[id, tables])| {
        // The blocks of a lone component come one by one, whatever its sampling (T.81, A.2.2).
        let (across, down) =
            if alone { (1, 1) } else { (named.sampling >> 4, named.sampling & 15) };
        let tables = (usize::from(tables >> 4), usize::from(tables & 15));
        let usual = named.id == id && tables.0 < 4 && tables.1 < 4;
        usual.then_some(Component {
            blocks: (across.into(), down.into()),
            quantization: (*quantization.get(usize::from(named.quantization))?)?,
            tables,
        })
    });
    components.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_natural_order_goes_along_the_diagonals_to_the_last_coefficient() {
        assert_eq!(NATURAL[..10], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]);
        assert_eq!(NATURAL[59..], [[54, 47, 55, 62, 63].as_slice(), &[63; 64]].concat());
        let mut all: Vec<_> = NATURAL[..64].to_vec();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..64));
    }
}
