//! Processes of this and other boots: who they are, whether they live, how they are ended.
