//! What is asked of every request before it is looked at.

use std::sync::Arc;

use tonic::metadata::MetadataMap;

use crate::answers;
use crate::proto::etcdserverpb::ResponseHeader;
use crate::refused;
use crate::replica::{Replica, Unavailable};

/// A replica, and the part of the interface that asks it.
pub(crate) struct Gate<R> {
    pub(crate) replica: Arc<R>,
}

impl<R> Clone for Gate<R> {
    fn clone(&self) -> Self {
        Self { replica: Arc::clone(&self.replica) }
    }
}

impl<R: Replica> Gate<R> {
    /// Whether a request is taken. A learner takes only what it can answer by itself; whoever says
    /// `hasleader: true` wants to hear at once that there is none.
    ///
    /// # Errors
    /// If it is not.
    pub(crate) fn pass(
        &self,
        metadata: &MetadataMap,
        learner_can: bool,
    ) -> Result<(), tonic::Status> {
        let status = self.replica.status();
        if status.learner && !learner_can {
            return Err(refused::not_for_learners());
        }
        let wants = metadata.get("hasleader").is_some_and(|wants| wants == "true");
        if wants && status.leader == 0 {
            return Err(refused::unavailable(Unavailable::NoLeader));
        }
        Ok(())
    }

    /// The header of an answer that was given at a revision.
    pub(crate) fn header(&self, revision: i64) -> Option<ResponseHeader> {
        answers::header(&self.replica.status(), revision)
    }

    /// Everything that was acknowledged is here.
    ///
    /// # Errors
    /// If that cannot be said.
    pub(crate) async fn barrier(&self) -> Result<(), tonic::Status> {
        self.replica.barrier().await.map_err(refused::unavailable)
    }
}
