//! The appliance itself: what it is, how the host does.

pub mod doctor;
