//! A Sealane network on one machine: synthetic organisations and documents, a launcher of real processes, a
//! client, the demo's story and the load.

pub mod client;
pub mod launch;
pub mod load;
pub mod network;
pub mod story;
pub mod world;
