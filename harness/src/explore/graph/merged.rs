//! Objects that one operation touches together are one object to the graphs.

use super::Graphs;
use crate::kernel::{Access, ObjectId};

impl Graphs {
    /// The object that stands for this one.
    pub(super) fn object(&self, mut object: ObjectId) -> ObjectId {
        while let Some(other) = self.merged.get(&object) {
            object = *other;
        }
        object
    }

    /// The objects of these accesses are one.
    pub(super) fn merge(&mut self, accesses: &[Access]) {
        for pair in accesses.windows(2) {
            self.learned |= self.unite(pair[0].object, pair[1].object);
        }
    }

    /// Whether that they are one is new. The number that stands for another is always smaller, so that looking for it ends.
    pub(super) fn unite(&mut self, one: ObjectId, other: ObjectId) -> bool {
        let (one, other) = (self.object(one), self.object(other));
        if one != other {
            self.merged.insert(one.max(other), one.min(other));
        }
        one != other
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Frontier, Graphs, Next};
    use crate::kernel::{ObjectId, Strategy as _};

    /// Whatever is learnt in whatever order: what is one object stays one, and looking for what stands for it comes to an end.
    #[test]
    fn objects_that_are_one_stay_so_when_others_turn_out_to_be_them() {
        let merged = |pairs: &[(u32, u32)]| {
            pairs
                .iter()
                .map(|&(a, b)| (ObjectId(a), ObjectId(b)))
                .collect::<Vec<_>>()
        };
        let mut graphs = Graphs::of(Frontier::whole(merged(&[(4, 2), (9, 4), (7, 5)])), Next::Last);
        graphs.renumber(ObjectId(2), ObjectId(9));
        assert_eq!(graphs.object(ObjectId(9)), graphs.object(ObjectId(4)));
        graphs.renumber(ObjectId(9), ObjectId(7));
        let all = [4, 5, 7].map(|object| graphs.object(ObjectId(object)));
        assert_eq!(all, [ObjectId(4); 3]);
        // A file may say anything.
        let strange = Graphs::of(Frontier::whole(merged(&[(2, 4), (4, 2), (2, 2)])), Next::Last);
        assert_eq!(strange.object(ObjectId(4)), ObjectId(2));
    }
}
