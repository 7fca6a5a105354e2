//! Squares of bytes that are turned in registers, several side by side.

#![allow(clippy::inline_always, reason = "the callers are compiled for several processors")]

/// Side of a square.
pub(crate) const SQUARE: usize = 8;
/// Squares that are turned together.
pub(crate) const LANES: usize = 4;

/// The lines of squares: each square's part of a line is a number, its first byte the lowest.
pub(crate) type Squares = [[u64; LANES]; SQUARE];

/// Turns squares of bytes: byte `x` of line `y` goes to byte `y` of line `x`. First a square's
/// quarters change places, then the quarters of those, then their bytes.
#[inline(always)]
pub(crate) fn transpose(squares: &mut Squares) {
    for (distance, mask) in
        [(4, 0x0000_0000_FFFF_FFFF), (2, 0x0000_FFFF_0000_FFFF), (1, 0x00FF_00FF_00FF_00FF)]
    {
        let shift = 8 * distance;
        for upper in (0..SQUARE).filter(|line| line & distance == 0) {
            let lower = upper + distance;
            let (above, below) = squares.split_at_mut(lower);
            for (a, b) in above[upper].iter_mut().zip(&mut below[0]) {
                let (from_a, from_b) = ((*a >> shift) & mask, (*b & mask) << shift);
                *a = (*a & mask) | from_b;
                *b = from_a | (*b & !mask);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_change_places_with_lines() {
        let byte = |line: usize, lane: usize, byte: usize| (line * 8 + byte + lane * 64) as u8;
        let number = |line, lane| u64::from_le_bytes(std::array::from_fn(|i| byte(line, lane, i)));
        let mut squares =
            std::array::from_fn(|line| std::array::from_fn(|lane| number(line, lane)));
        transpose(&mut squares);
        for (line, numbers) in squares.iter().enumerate() {
            for (lane, number) in numbers.iter().enumerate() {
                for (at, turned) in number.to_le_bytes().into_iter().enumerate() {
                    assert_eq!(turned, byte(at, lane, line));
                }
            }
        }
    }
}
