//! Why fields read as they do.

use crate::writer::note;
use crate::{assert_snapshot, session, shared};

#[test]
fn every_op_on_a_field_is_told_of_with_what_became_of_it() {
    let (folder, file, _store) = shared();
    let (file, node) = (file.to_str().unwrap(), note().to_string());
    let title = session(&folder, &["explain", "--node", &node[..6], "--field", "title", file]);
    let all = session(&folder, &["explain", "--node", &node, file]);
    let unknown = session(&folder, &["explain", "--node", "00", file]);
    let no_field = session(&folder, &["explain", "--node", &node, "--field", "titel", file]);
    let page = title + &all + &unknown + &no_field;
    for told in ["won ", "lost ", "replaced ", "void ", "counts "] {
        assert!(page.contains(told), "{told} is told of");
    }
    assert_snapshot("explain.txt", &page);
    let json = session(&folder, &["explain", "--json", "--node", &node, file]);
    assert_snapshot("explain.json.txt", &json);
}
