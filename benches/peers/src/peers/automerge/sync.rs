//! Automerge: two documents, the sync protocol, and a `sync::State` for the other side.
//!
//! Messages are made and taken one after the other, as the documentation of `automerge::sync` has
//! it: who is connected to makes a state when the first message comes. Of a state is kept what
//! `State::encode` keeps, "when you know you will be interacting with the same peer in multiple
//! sessions".
//!
//! **Invariants**
//! - A change is a transaction. All changes stand on the ones before, so that there is one head.
//!
//! What this does not do: keep the state of a connection that is over.

use crate::sync::history::{Change, History, Insertion, Typing, id_of, sum};
use crate::sync::{Keyed, Role, Side, Typed};
use ::automerge::sync::{Message, State, SyncDoc};
use ::automerge::transaction::Transactable;
use ::automerge::{
    ActorId, Automerge, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValueRef, Value, ValueRef,
};
use anyhow::{Context, Result, bail};
use std::path::Path;

const TEXT: &str = "text";

/// A document in a conversation.
struct Talking {
    document: Automerge,
    /// None before the other side has spoken to one that is connected to.
    state: Option<State>,
    /// What is kept of the last connection.
    kept: Option<Vec<u8>>,
}

/// A document whose root map is written to.
pub(crate) struct Map(Talking);

/// A document with a text in its root map.
pub(crate) struct Text(Talking);

fn actor(author: u32) -> ActorId {
    let [one, other] = id_of(author);
    ActorId::from([one.to_le_bytes(), other.to_le_bytes()].concat())
}

impl Talking {
    fn of(document: Automerge) -> Self {
        Talking { document, state: None, kept: None }
    }

    fn kept(&self) -> Result<State> {
        let kept = self.kept.as_deref().map(State::decode).transpose()?;
        Ok(kept.unwrap_or_default())
    }

    fn version(&self) -> Vec<ChangeHash> {
        self.document.get_heads()
    }

    fn connect(&mut self, role: Role) -> Result<()> {
        if let Some(state) = self.state.take() {
            self.kept = Some(state.encode());
        }
        self.state = (role == Role::Opens).then(|| self.kept()).transpose()?;
        Ok(())
    }

    fn say(&mut self) -> Option<Vec<u8>> {
        let state = self.state.as_mut()?;
        self.document.generate_sync_message(state).map(Message::encode)
    }

    fn hear(&mut self, message: &[u8]) -> Result<()> {
        if self.state.is_none() {
            self.state = Some(self.kept()?);
        }
        let state = self.state.as_mut().context("it was made just now")?;
        Ok(self.document.receive_sync_message(state, Message::decode(message)?)?)
    }

    fn forget(&mut self) {
        (self.state, self.kept) = (None, None);
    }
}

macro_rules! talks {
    ($side:ty) => {
        impl Side for $side {
            type Version = Vec<ChangeHash>;

            fn version(&self) -> Vec<ChangeHash> {
                self.0.version()
            }

            fn connect(&mut self, role: Role) -> Result<()> {
                self.0.connect(role)
            }

            fn say(&mut self) -> Result<Option<Vec<u8>>> {
                Ok(self.0.say())
            }

            fn hear(&mut self, message: &[u8]) -> Result<()> {
                self.0.hear(message)
            }

            fn forget(&mut self) {
                self.0.forget();
            }
        }
    };
}

talks!(Map);
talks!(Text);

fn set(document: &mut Automerge, changes: &[Change]) -> Result<()> {
    for change in changes {
        document.set_actor(actor(change.author));
        let mut transaction = document.transaction();
        transaction.put(ROOT, change.key.as_str(), change.value.as_str())?;
        transaction.commit();
    }
    Ok(())
}

impl Keyed for Map {
    fn prepare(history: &History, path: &Path) -> Result<()> {
        let mut document = Automerge::new();
        set(&mut document, &history.shared)?;
        Ok(std::fs::write(path, document.save())?)
    }

    fn load(_: &History, path: &Path) -> Result<(Self, Self)> {
        let document = Automerge::load(&std::fs::read(path)?)?;
        Ok((Map(Talking::of(document.clone())), Map(Talking::of(document))))
    }

    fn set(&mut self, _: &History, changes: &[Change]) -> Result<()> {
        set(&mut self.0.document, changes)
    }

    fn sum(&self) -> Result<u64> {
        let entries = self.0.document.map_range(ROOT, ..);
        let entries = entries.map(|item| match item.value {
            ValueRef::Scalar(ScalarValueRef::Str(value)) => {
                Ok((item.key.to_string(), value.to_string()))
            }
            other => bail!("a value is {other:?}"),
        });
        let entries: Vec<(String, String)> = entries.collect::<Result<_>>()?;
        Ok(sum(entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))))
    }
}

impl Text {
    fn object(document: &Automerge) -> Result<ObjId> {
        match document.get(ROOT, TEXT)? {
            Some((Value::Object(ObjType::Text), id)) => Ok(id),
            other => bail!("the text is {other:?}"),
        }
    }
}

impl Typed for Text {
    fn prepare(typing: &Typing, path: &Path) -> Result<()> {
        let mut document = Automerge::new().with_actor(actor(0));
        let mut transaction = document.transaction();
        let text = transaction.put_object(ROOT, TEXT, ObjType::Text)?;
        transaction.commit();
        for Insertion { at, text: letter } in &typing.shared {
            let mut transaction = document.transaction();
            transaction.splice_text(&text, *at, 0, letter)?;
            transaction.commit();
        }
        Ok(std::fs::write(path, document.save())?)
    }

    fn load(path: &Path, author: u32) -> Result<Self> {
        let document = Automerge::load(&std::fs::read(path)?)?;
        Ok(Text(Talking::of(document.with_actor(actor(author)))))
    }

    fn type_in(&mut self, insertions: &[Insertion]) -> Result<()> {
        let text = Text::object(&self.0.document)?;
        let mut transaction = self.0.document.transaction();
        for Insertion { at, text: letters } in insertions {
            transaction.splice_text(&text, *at, 0, letters)?;
        }
        transaction.commit();
        Ok(())
    }

    fn text(&self) -> Result<String> {
        Ok(self.0.document.text(Text::object(&self.0.document)?)?)
    }
}
