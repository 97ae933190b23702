//! Which inputs of a batch run first.

use super::{Error, Sample};
use crate::task::Text;

/// Returns the places that a sample takes out of so many inputs, in order.
///
/// # Errors
///
/// [`Error::NoSuchInput`] for an input that is named and not there.
pub(super) fn places(sample: &Sample, inputs: &[&[Text]]) -> Result<Vec<usize>, Error> {
    match sample {
        Sample::Number(number) => Ok(spread(*number as usize, inputs.len())),
        Sample::Percent(percent) => Ok(spread((inputs.len() * *percent as usize).div_ceil(100), inputs.len())),
        Sample::Inputs(names) => {
            let place = |name: &Text| inputs.iter().position(|values| values.first() == Some(name));
            let mut places = names
                .iter()
                .map(|name| place(name).ok_or_else(|| Error::NoSuchInput(name.clone())))
                .collect::<Result<Vec<_>, _>>()?;
            places.sort_unstable();
            places.dedup();
            Ok(places)
        }
    }
}

/// So many of so many, evenly spread, from the first on.
fn spread(number: usize, of: usize) -> Vec<usize> {
    let number = number.min(of);
    (0..number).map(|n| n * of / number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(sample: &Sample, of: usize) -> Vec<usize> {
        let values: Vec<Vec<Text>> = (0..of).map(|n| vec![Text::from(n.to_string().as_str())]).collect();
        let inputs: Vec<&[Text]> = values.iter().map(Vec::as_slice).collect();
        places(sample, &inputs).unwrap()
    }

    #[test]
    fn a_sample_is_spread_over_the_inputs_and_never_more_than_there_are() {
        assert_eq!(taken(&Sample::Number(3), 10), [0, 3, 6]);
        assert_eq!(taken(&Sample::Number(5), 3), [0, 1, 2]);
        assert_eq!(taken(&Sample::Percent(10), 50), [0, 10, 20, 30, 40]);
        assert_eq!(taken(&Sample::Percent(1), 7), [0]);
    }

    #[test]
    fn named_inputs_are_taken_once_and_in_order_and_a_strange_one_is_refused() {
        let named = |names: &[&str]| Sample::Inputs(names.iter().map(|n| Text::from(*n)).collect());
        assert_eq!(taken(&named(&["4", "1", "4"]), 5), [1, 4]);
        assert!(matches!(places(&named(&["9"]), &[]), Err(Error::NoSuchInput(name)) if name == Text::from("9")));
    }
}
