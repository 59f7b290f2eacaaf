//! Every random number of the project: one kind of generator ([`Generator`]), streams named by what they are for ([`Stream`]), so
//! that no result depends on the number of threads, the shard, the order, or a resumption.

mod normal;
mod stream;

pub use normal::fill_standard_normal;
pub use stream::{Generator, Stream};
