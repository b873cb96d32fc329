//! Links between members: connections that deliver in order, until one of them loses something.
//!
//! A connection is like one over TCP: a message is on its way while the next one waits. What is
//! lost, garbled or overtaken ends the connection: at the next message, which has another number
//! than is due, or when the transport has waited long enough.
//!
//! **Invariants**
//! - A connection has a number of its own; what belongs to an earlier one is not heard.
//!
//! What this does not do: decide what is lost; `speaking` does.

use woodland_laws::Random;

/// One way of a connection: from one of its ends to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) link: usize,
    pub(crate) number: u64,
    /// Who speaks: 0 is who opened it.
    pub(crate) side: usize,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Side {
    /// Whether it listens and speaks.
    pub(crate) is_open: bool,
    /// Whether something that it said is on its way.
    pub(crate) is_busy: bool,
    /// Whether it is about to speak.
    pub(crate) is_due: bool,
    /// How often it has.
    pub(crate) said: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) number: u64,
    /// How long a message takes, in milliseconds.
    pub(crate) latency: u64,
    pub(crate) sides: [Side; 2],
    /// Whether it has lost something.
    pub(crate) is_failing: bool,
}

/// Two members that connect to each other whenever they can.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// Who opens, and the other.
    pub(crate) ends: [usize; 2],
    pub(crate) connection: Option<Connection>,
}

/// Fewest and most links that a member has; the last to choose may find too few with room.
const DEGREE: [usize; 2] = [4, 8];

/// Each member links to random others. All are linked, over whatever ways.
pub(crate) fn links(members: usize, random: &mut Random) -> Vec<Link> {
    let mut degrees = vec![0; members];
    let mut links: Vec<Link> = Vec::new();
    let mut linked: std::collections::BTreeSet<(usize, usize)> = Default::default();
    let mut add = |one: usize, other: usize, degrees: &mut Vec<usize>| {
        let is_new = one != other && linked.insert((one.min(other), one.max(other)));
        if is_new {
            degrees[one] += 1;
            degrees[other] += 1;
            links.push(Link { ends: [one, other], connection: None });
        }
    };
    for member in 1..members {
        // To one that has joined before: so there is a way to everybody.
        let with_room = (0..50).map(|_| random.below(member)).find(|at| degrees[*at] < DEGREE[1]);
        add(member, with_room.unwrap_or(member - 1), &mut degrees);
    }
    for member in 0..members {
        let wanted = DEGREE[0] + random.below(3);
        for _ in 0..40 {
            if degrees[member] >= wanted {
                break;
            }
            let other = random.below(members);
            if degrees[other] < DEGREE[1] {
                add(member, other, &mut degrees);
            }
        }
    }
    links
}

/// Fewest links of a member that came beside, and how many more there may be.
const BESIDE: [usize; 2] = [3, 3];

/// Links of members that stand beside the others: whatever they do, these have ways that do not
/// lead over them.
pub(crate) fn links_beside(peers: usize, beside: usize, random: &mut Random) -> Vec<Link> {
    let mut links = Vec::new();
    for member in peers..peers + beside {
        let mut others = std::collections::BTreeSet::new();
        for _ in 0..BESIDE[0] + random.below(BESIDE[1]) {
            others.insert(random.below(peers));
        }
        for other in others {
            let is_opener = random.chance(50);
            let ends = if is_opener { [member, other] } else { [other, member] };
            links.push(Link { ends, connection: None });
        }
    }
    links
}
