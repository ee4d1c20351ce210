//! What no algorithm can do, what one can, and a certificate for either.
//!
//! A deterministic algorithm of r rounds decides by what a process has seen, and nobody can see
//! more than if everybody told everybody all it knows in every round. So an algorithm is a function
//! from such *views* to decisions. Two views are joined if two processes that must agree have them
//! in one execution. An algorithm exists if and only if no component of this graph holds both a
//! view of an execution in which 0 must be decided, and one of an execution in which 1 must be (the
//! argument of Fischer and Lynch 1982 and of Dwork and Moses 1990, turned into a computation).
//!
//! Where up to k > 1 values may be decided, components do not tell. There an algorithm is looked
//! for that decides the least value heard of, and an impossibility by Sperner's argument: a set of
//! executions in an odd number of which k + 1 values are decided, however that is done.
//!
//! [`prove`] builds the graph and finds either a chain of executions from 0 to 1, or a decision for
//! every view. [`verify`] checks what it found, and shares no code with it.
//!
//! ```
//! use quorate_prover::{Answer, Certificate, Limits, Model, Question, prove, verify};
//!
//! let question = Question::new(Model::Crash, 3, 1, 1);
//! let proof = prove(question, Limits::NONE)?;
//! let Answer::Impossible { chain } = &proof.answer else { panic!() };
//! assert_eq!(chain.len(), 7);
//! verify(&Certificate::new(question, proof.answer)).expect("it is true");
//! # Ok::<(), quorate_prover::Stopped>(())
//! ```

#![forbid(unsafe_code)]

mod certificate;
mod draw;
mod picture;
mod scene;
mod search;
mod verify;

pub use certificate::{
    Answer, Certificate, Execution, Link, Model, Numbers, Question, SCHEMA, Simplex, Table, VERSION,
};
pub use draw::{draw, draw_simplices};
pub use picture::{Copies, complex, ring, strip, web};
pub use search::{
    Counts, Limits, Means, Proof, Stopped, Web, WebView, draw_views, prove, prove_by,
};
pub use verify::{Refused, Verified, verify};
