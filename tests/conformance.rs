//! What a broker has to do for the engine to be exactly once. The model has to pass it as real Kafka does: `tests/broker` runs the
//! same list there.

#[path = "conformance/bench.rs"]
mod bench;
#[path = "conformance/list.rs"]
mod list;
#[path = "conformance/model.rs"]
mod model;

macro_rules! tests {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                list::$name(&mut model::ModelBench::new());
            }
        )*
    };
}

list::for_each_check!(tests);
