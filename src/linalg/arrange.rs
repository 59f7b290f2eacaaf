//! Rows and columns put together and scaled.

use super::Matrix;

/// Blocks one above the other.
///
/// # Panics
/// When blocks have different widths: a broken invariant of the caller.
pub fn stacked(blocks: &[&Matrix]) -> Matrix {
    let columns = blocks.first().map_or(0, |block| block.ncols());
    let mut whole = Matrix::zeros(blocks.iter().map(|block| block.nrows()).sum(), columns);
    let mut start = 0;
    for block in blocks {
        whole.rows_mut(start, block.nrows()).copy_from(block);
        start += block.nrows();
    }
    whole
}

/// A·diag(factors); columns beyond the last factor stay as they are.
pub fn scale_columns(matrix: &mut Matrix, factors: impl IntoIterator<Item = f64>) {
    for (mut column, factor) in matrix.column_iter_mut().zip(factors) {
        column *= factor;
    }
}

/// diag(factors)·A; rows beyond the last factor stay as they are.
pub fn scale_rows(matrix: &mut Matrix, factors: impl IntoIterator<Item = f64>) {
    for (mut row, factor) in matrix.row_iter_mut().zip(factors) {
        row *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_are_scaled_as_far_as_factors_go() {
        let mut matrix = Matrix::from_row_slice(2, 2, &[1.0, 2.0, 3.0, 4.0]);
        scale_columns(&mut matrix, [10.0]);
        scale_rows(&mut matrix, [2.0, 0.5, 9.0]);
        assert_eq!(matrix, Matrix::from_row_slice(2, 2, &[20.0, 4.0, 15.0, 2.0]));
    }

    #[test]
    fn blocks_stand_one_above_the_other() {
        let (above, below) = (Matrix::from_row_slice(1, 2, &[1.0, 2.0]), Matrix::from_row_slice(1, 2, &[3.0, 4.0]));
        let none = Matrix::zeros(0, 2);
        assert_eq!(stacked(&[&above, &none, &below]), Matrix::from_row_slice(2, 2, &[1.0, 2.0, 3.0, 4.0]));
    }
}
