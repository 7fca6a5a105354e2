//! Figures of a run that is made several times.

/// The median; 0 if there is no value.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        count if count % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// Images a second, when each round made `ok` of them and took so long (s).
pub fn images_per_s(ok: usize, seconds: &[f64]) -> f64 {
    let median = median(seconds);
    if median > 0.0 { ok as f64 / median } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        let medians = [vec![3.0, 1.0, 2.0], vec![4.0, 1.0, 2.0, 3.0], vec![]]
            .map(|values: Vec<f64>| median(&values).to_string());
        assert_eq!(medians, ["2", "2.5", "0"]);
    }

    #[test]
    fn rounds_that_took_no_time_have_no_speed() {
        assert_eq!(images_per_s(3, &[2.0, 1.0, 4.0]).to_string(), "1.5");
        assert_eq!(images_per_s(3, &[0.0]).to_string(), "0");
    }
}
