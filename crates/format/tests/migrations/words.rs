//! What a proposal says of itself.

use crate::*;

/// All that is said about the way from one program to the other.
fn told(from: &Program, to: &Program, renames: &Renames) -> String {
    let proposal = Migration::propose(&schema(from), &schema(to), renames, &[]).unwrap().unwrap();
    proposal.to_string()
}

#[test]
fn a_proposal_says_what_it_does() {
    let from: Program = vec![
        (
            "Memo",
            vec![
                ("rank", register(Int)),
                ("color", register(Text)),
                ("body", text()),
                ("draft", register(Text)),
                ("title", register(Text)),
                ("extra", map(Text, Int)),
                ("old", map(Text, Int)),
                ("tags", set(Int)),
                ("once", Planned::Unique),
            ],
        ),
        ("Gone", vec![]),
    ];
    let to: Program = vec![
        (
            "Note",
            vec![
                ("rank", register(Bool)),
                ("body", register(default(Text, "new"))),
                ("title", register(Text)),
                ("extra", map(Text, Text)),
                ("labels", set(Text)),
                ("by", Planned::Pointer("User", false)),
                ("size", register(default(Int, 3))),
            ],
        ),
        ("User", vec![("name", register(Text))]),
    ];
    let renames = renames(|renames| {
        renames.type_was("Note", "Memo").field_was("Note", "labels", "tags");
        renames.field_moved("Note", "draft", "title");
    });
    let expected = "\
rename type Memo to Note
    programs with the old schema still call it Memo
remove Note.color
    'color' is no longer read; programs with the old schema still see it
remove Note.body
    'body' is no longer read; programs with the old schema still see it
remove Note.old
    'old' is no longer read; programs with the old schema still see it
remove Note.once
    nodes with equal values are no longer said to clash
change Note.rank from int to bool
    0 reads as false, anything else as true
add register Note.body: string = \"new\"
    the kind changes from text to register: content starts empty
move Note.draft to the place of Note.title
    what was written to 'title' is no longer read; programs with the old schema still see it, \
and what they write to it later is read here, too
change a value of Note.extra from int to string
    values read as their text
rename Note.tags to labels
    programs with the old schema still call it tags
change an item of Note.labels from int to string
    values read as their text
add register Note.by: optional pointer<User>
add register Note.size: int = 3
    nodes that are there already read as 3
add type User with name
remove type Gone
    its nodes are no longer shown; programs with the old schema still see them
";
    assert_eq!(told(&from, &to, &renames), expected);
}

/// What is said about a register that was of one type and is of another.
fn change(from: ValueType, to: ValueType) -> String {
    let of = |value| vec![("Note", vec![("f", register(value))])];
    let text = told(&of(from), &of(to), &Renames::default());
    text.lines().nth(1).unwrap().trim().to_owned()
}

#[test]
fn what_a_change_of_type_does_is_said() {
    let one = |value| Composite(vec![member(1, value)]);
    let rows = [
        (Int, optional(Int), "every value reads as before"),
        (literal("red"), Text, "every value reads as before"),
        (Int, Union(vec![Text, Int]), "every value reads as before"),
        (Float, Bool, "0.0 and NaN read as false, anything else as true"),
        (Text, Bool, r#""", "0" and "false" read as false, anything else as true"#),
        (Bool, Int, "false reads as 0, true as 1"),
        (Bool, Float, "false reads as 0.0, true as 1.0"),
        (Int, Float, "a number reads as the nearest float"),
        (
            Float,
            Int,
            "numbers are cut toward zero, past the ends of int to its end; NaN reads as 0",
        ),
        (
            Text,
            default(Int, 5),
            "text that is a number reads as that, toward zero, anything else reads as 5; where \
             nothing is written, it reads as 5",
        ),
        (Text, optional(Float), "text that is a number reads as that, anything else is absent"),
        (ValueType::Bytes, Text, "bytes that are UTF-8 read as their text, others: reads as \"\""),
        (Text, ValueType::Bytes, "text reads as its bytes"),
        (
            default(Int, 1),
            Int,
            "every value reads as before; where nothing is written, it is absent",
        ),
        (Int, list(Int), "a value reads as a list of one: every value reads as before"),
        (
            list(Int),
            Int,
            "of a list of one the item is read: every value reads as before; any other list reads \
             as 0",
        ),
        (list(Int), list(Bool), "item by item: 0 reads as false, anything else as true"),
        (Int, literal(7), "what converts to 7 reads as that, anything else reads as 7"),
        (
            Bool,
            Union(vec![Text, Int]),
            "values read as string | int where they convert, anything else reads as \"\"",
        ),
        (one(Int), Int, "no {m1: int} converts to int: a value reads as 0"),
        (Pointer(TypeId(1)), optional(Int), "no pointer<Note> converts to int: a value is absent"),
        (
            one(Int),
            Composite(vec![member(1, Bool), member(2, Int), member(3, optional(Int))]),
            "m1: 0 reads as false, anything else as true; m2 reads as 0 where it is not written; m3 \
             is absent where it is not written",
        ),
        (Composite(vec![member(1, Int), member(2, Int)]), one(Int), "m2 is no longer read"),
        (
            Pointer(TypeId(1)),
            ValueType::ForeignKey { target: TypeId(1), on_delete: OnDelete::Cascade },
            "for pointers written from now on, something else becomes of a deletion",
        ),
    ];
    for (from, to, expected) in rows {
        assert_eq!(change(from.clone(), to.clone()), expected, "{from} to {to}");
    }
}
