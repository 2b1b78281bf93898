//! The frameworks that only `scripts/test-frameworks` installs.

mod node;
