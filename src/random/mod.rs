//! All randomness of the project: one kind of generator ([`Generator`]) and streams named by their purpose
//! ([`Stream`]), so that no result depends on the number of threads, the shard, the order of work, or a restart.

mod normal;
mod stream;

pub use normal::fill_standard_normal;
pub use stream::{Generator, Stream};
