//! What was derived rests on disk: a dataset opens by it, answers as one that derived all, and
//! loses nothing whatever becomes of it.

mod alike;
mod cuts;
mod let_go;
mod model;
mod opening;
mod refused;
