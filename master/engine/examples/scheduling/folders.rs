//! Tasks as folders have them.

/// A task: what the scheduler is told, and what it is not.
pub(crate) struct Task {
    /// Size of the file, bytes.
    pub(crate) bytes: u64,
    /// How long it takes, ms.
    pub(crate) ms: f64,
}

/// What kind of folder.
#[derive(Clone, Copy)]
pub(crate) enum Folder {
    /// Photos of cameras: 1 to 12 MB.
    Camera,
    /// Pictures of a shop or a site: 20 to 900 KB.
    Web,
    /// Both, and one scan or panorama of 60 to 250 MB in a thousand.
    Mixed,
}

/// What a task takes besides its bytes, ms: reading, writing, reporting.
const FIXED_MS: f64 = 0.25;
/// Work per megabyte of JPEG with one filter, ms, on one core.
const MS_PER_MB: f64 = 28.0;
/// How far the time is from what the bytes let expect: standard deviation of its logarithm.
const SURPRISE: f64 = 0.3;

impl Folder {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Camera => "camera photos",
            Self::Web => "web pictures",
            Self::Mixed => "pictures of all sizes",
        }
    }

    /// So many tasks, the largest file first as in a plan; the same ones in every run.
    pub(crate) fn tasks(self, count: usize) -> Vec<Task> {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ self as u64);
        let mut tasks: Vec<_> = (0..count)
            .map(|_| {
                let bytes = self.bytes(&mut dice);
                let expected = FIXED_MS + MS_PER_MB * bytes / 1e6;
                let ms = expected * (SURPRISE * dice.normal() - SURPRISE * SURPRISE / 2.0).exp();
                Task { bytes: bytes as u64, ms }
            })
            .collect();
        tasks.sort_by_key(|task| std::cmp::Reverse(task.bytes));
        tasks
    }

    fn bytes(self, dice: &mut Dice) -> f64 {
        let log_normal = |dice: &mut Dice, median: f64, spread: f64, least: f64, most: f64| {
            (median * (spread * dice.normal()).exp()).clamp(least, most)
        };
        match self {
            Self::Camera => log_normal(dice, 3.2e6, 0.45, 1e6, 12e6),
            Self::Web => log_normal(dice, 130e3, 0.8, 20e3, 900e3),
            Self::Mixed => match dice.share() {
                share if share < 0.001 => log_normal(dice, 110e6, 0.4, 60e6, 250e6),
                share if share < 0.4 => Self::Camera.bytes(dice),
                _ => Self::Web.bytes(dice),
            },
        }
    }
}

/// Random numbers by xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift
/// generators, scrambled", 2016).
struct Dice(u64);

impl Dice {
    /// 0..1.
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed with mean 0 and deviation 1 (Box and Muller, 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.share().max(f64::MIN_POSITIVE).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }
}
