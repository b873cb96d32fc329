//! Errors of rights: who writes, grants or revokes without being allowed to, or joins too early.

use crate::notes::{note, schema};
use crate::{Row, raised};
use std::sync::Arc;
use woodland::sync::{Joining, Limits};
use woodland::{
    Disk, MemoryDisk, Options, Replica, Right, RightsError, SecretKey, StartError, Void, WriteError,
};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let [ada, bob] = [1, 2].map(|byte| SecretKey::from_seed([byte; 32]));
    let disk = MemoryDisk::new();
    let on = |disk: &MemoryDisk, seed| {
        let disk: Arc<dyn Disk> = Arc::new(disk.clone());
        Options::on(disk).seed(seed)
    };
    let nobody = Replica::create(on(&disk, 1).owned(), schema()).expect_err("nobody's");
    raised!(rows, "woodland" StartError::NoIdentity, "a dataset that is owned by nobody", nobody);
    let options = on(&disk, 1).identity(ada.clone(), "Ada").owned();
    let owned = Replica::create(options, schema()).expect("created");
    let place = on(&MemoryDisk::new(), 2).identity(bob.clone(), "Bob");
    let (other, _) = Replica::join(place, schema(), &owned).expect("joined");
    let written = other.write(|batch| batch.insert(&note("x", ""))).expect_err("no grant");
    raised!(rows, "woodland" WriteError::NotAllowed, "a note without a grant", written);
    let granted = other.grant(bob.identity(), Right::Write).expect_err("not the owner");
    raised!(rows, "woodland" RightsError::NotOwner, "a grant to oneself", granted);
    let revoked = owned.revoke(ada.identity()).expect_err("the owner");
    raised!(rows, "woodland" RightsError::OfTheOwner, "the owner's rights, revoked", revoked);
    owned.grant(bob.identity(), Right::Write).expect("granted");
    other.merge(&owned).expect("merged");
    other.write(|batch| batch.insert(&note("x", ""))).expect("allowed");
    owned.revoke(bob.identity()).expect("revoked");
    owned.merge(&other).expect("what stands beside is taken in");
    let void = owned.snapshot().graph().voids().next().expect("it is masked").reason;
    raised!(rows, "graph" Void::Revoked, "a note beside the revocation of its right", void);
    let new = Joining::new(on(&MemoryDisk::new(), 4), owned.dataset(), Limits::default());
    let mut new = new.expect("an empty place");
    let early = new.finish(schema()).expect_err("nothing came");
    raised!(rows, "woodland" StartError::NotCaughtUp, "a replica of what has not come", early);
    let beside = Replica::open(on(&disk, 3).identity(ada, "Ada").read_only(), schema());
    let beside = beside.expect("opened beside");
    let unwritten = beside.grant(bob.identity(), Right::Read).expect_err("read-only");
    raised!(rows, "woodland" RightsError::Write, "a grant by a reader beside", unwritten);
    rows
}
