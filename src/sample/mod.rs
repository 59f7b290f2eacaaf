//! Seeded streams.
//!
//! Every random number of the project comes from a stream that is named by what it is for, so that no result
//! depends on the number of threads, the shard, the order, or a resumption.

mod stream;

pub use stream::{Generator, Stream};
