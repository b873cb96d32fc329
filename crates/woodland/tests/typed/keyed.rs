//! Records that a natural key names.

use crate::model::{Book, Note, founded, joined, meet, read};
use woodland::{Counter, NodeId, Pointer};

fn book(isbn: &str, title: &str, copies: i64) -> Book {
    Book { isbn: isbn.into(), title: title.into(), copies: Counter(copies) }
}

#[test]
fn one_key_is_one_node_whoever_makes_it() {
    let one = founded();
    let other = joined(&one, 2);
    let here = one.write(|b| b.insert(&book("978", "Dune", 2))).expect("written");
    let there = other.write(|b| b.insert(&book("978", "Dune!", 3))).expect("written");
    assert_eq!(here, there);
    meet(&one, &other);
    let found = read(&one, here);
    assert_eq!((found.isbn.as_str(), found.copies), ("978", Counter(5)));
    assert_eq!(one.snapshot().conflicts(&[(here, Book::TITLE)])[0].len(), 1);
    assert_eq!(one.snapshot().all::<Book>().expect("readable").len(), 1);
    assert_eq!(one.snapshot().voids(), []);
}

#[test]
fn a_node_is_found_by_its_key() {
    let replica = founded();
    let dune = replica.write(|b| b.insert(&book("978", "Dune", 0))).expect("written");
    let pointers = replica.snapshot().keyed::<Book>(["978", "979"]).expect("a keyed type");
    assert_eq!(pointers[0], dune);
    let books = replica.snapshot().read(&pointers).expect("readable");
    assert_eq!(books, [Some(book("978", "Dune", 0)), None]);
    replica
        .write(|b| {
            let dune = b.pointer_to::<Book>("978");
            b.edit(dune, (Book::TITLE.set("Dune, again"), Book::COPIES.add(1)));
        })
        .expect("written");
    assert_eq!(read(&replica, dune), book("978", "Dune, again", 1));
}

#[test]
fn inserting_a_key_again_writes_over_what_is_there() {
    let replica = founded();
    let dune = replica.write(|b| b.insert(&book("978", "Dune", 1))).expect("written");
    let again = replica.write(|b| b.insert(&book("978", "Dune II", 1))).expect("written");
    assert_eq!((dune, read(&replica, dune)), (again, book("978", "Dune II", 2)));
}

#[test]
fn a_key_that_nobody_made_cannot_be_edited() {
    let replica = founded();
    let result = replica.write(|b| {
        let ghost = b.pointer_to::<Book>("none");
        b.edit(ghost, Book::TITLE.set("x"));
        b.edit(Pointer::<Note>::to(NodeId([7; 16])), Note::TITLE.set("x"));
    });
    let told = result.expect_err("nobody made it").to_string();
    assert!(told.contains("op 0: Book.title of node"), "{told}");
    assert!(told.contains("op 1: Note.title of node"), "{told}");
}
