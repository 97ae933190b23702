//! STOPGAP
pub(crate) struct Manifest;
impl Manifest {
    pub(crate) fn load(_: &std::path::Path) -> Result<Self, super::Error> {
        Ok(Self)
    }
}
