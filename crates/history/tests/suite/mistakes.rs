//! Damaged files: a sentence with line and column, and never a verdict.

use quorate_history::{Model, read};

use crate::random::Draw;

fn wrong(text: &str) -> String {
    read(text, None).expect_err("it is damaged").to_string()
}

#[test]
fn mistakes_have_a_place() {
    for (text, place, what) in [
        ("", "1:1", "no operation"),
        ("0 :invoke :read nil\n0 :okay :read 1\n", "2:3", ":okay is no type"),
        ("0 :invoke :read nil\n0 :ok :write 1\n", "2:1", "asked :read"),
        ("0 :invoke :read nil\n0 :invoke :read nil\n", "2:1", "before it was answered"),
        ("INFO - 0 :invoke :write 1\nINFO - 1 :ok :write 1\n", "2:8", "asked nothing"),
        ("0 :invoke :write 1\n0 :ok :write 2\n", "2:1", "asked :write 1"),
        ("0 :invoke :cas 1\n", "1:1", "two values"),
        ("0 :invoke :write\n", "1:1", "the value is missing"),
        ("0 :invoke :frobnicate 1\n0 :invoke :write 1\n", "1:1", "no operation of the models"),
        ("{:process 0 :type :invoke :f :txn :value [[:r 1 nil]]}", "1:1", "no operation of the"),
        ("0 :invoke :put 5\n1 :invoke :append \"a\"\n", "1:1", "are strings, and 5 is none"),
        ("hello\n", "1:1", "hello is no process"),
        ("{:process 0, :type :invoke, :f :read", "1:1", "{ is never closed"),
        ("{:process 0, :type :invoke}", "1:1", "no :f"),
        ("[{:process 0 :type :invoke :f :read}\n", "1:1", "never closed"),
        ("[{:process 0 :type :invoke :f :read}] 5", "1:39", "has ended"),
        ("{:process 0 :type :invoke :f :write :value \"abc}", "1:44", "string is never closed"),
        ("[1 2]", "1:2", "an event is a map"),
        ("{:process 0 :process 1}", "1:1", ":process twice"),
    ] {
        let said = wrong(text);
        assert!(said.starts_with(place) && said.contains(what), "{text:?}: {said}");
    }
}

#[test]
fn a_model_that_nothing_tells_has_to_be_named() {
    let text = "0 :invoke :read nil\n0 :ok :read [1]\n";
    assert!(read(text, None).expect_err("it is unclear").unclear);
    assert!(read(text, Some(Model::Log)).is_ok());
    assert!(read(text, Some(Model::Register)).is_ok());
    let lock = read(text, Some(Model::Lock)).expect_err("a lock cannot be read");
    assert!(lock.to_string().contains("the model lock has no operation :read"), "{lock}");
}

#[test]
fn the_forms_of_edn_are_read() {
    let vector = "; a history\n[#jepsen.history.Op{:index 0, :time 1.5, :process 0, :type :invoke, \
                  :f :write, :value [7 3]} #_ {:left out} \
                  {:process :nemesis, :type :info, :f :kill, :value #{\"n1\" \\a}}\n\
                  {:process 0, :type :ok, :f :write, :value [7 3]}\n\
                  {:process 1, :type :invoke, :f :read, :value [8 nil]}\n\
                  {:process 1, :type :ok, :f :read, :value [8 nil]}]";
    let history = read(vector, None).expect("it is a history");
    let keys: Vec<String> =
        history.operations.iter().filter_map(|one| Some(one.key.as_ref()?.to_string())).collect();
    assert_eq!(keys, ["7", "8"]);
    assert_eq!(history.operations[1].line, 4);
}

#[test]
fn no_damage_makes_the_reader_panic() {
    let text = "{:process 0, :type :invoke, :f :append, :key \"é\", :value \"x\\u00e9 0 y\"}\n\
                INFO  util - 0\t:invoke\t:cas\t[1 2]\n#{1 (2 [3]) #t nil} ; \\newline #_ 5\n";
    let mut draw = Draw(7);
    for _ in 0..20_000 {
        let mut letters: Vec<char> = text.chars().collect();
        for _ in 0..=draw.below(4) {
            let at = draw.below(letters.len() as u64) as usize;
            match draw.below(3) {
                0 => drop(letters.drain(..at)),
                1 => letters.truncate(at + 1),
                _ => letters[at] = ['{', '"', '\\', 'é', '#', ':', '['][draw.below(7) as usize],
            }
        }
        let damaged: String = letters.into_iter().collect();
        if let Err(bad) = read(&damaged, None) {
            assert!(bad.line >= 1 && bad.column >= 1, "{damaged:?}");
        }
    }
    let deep = "[".repeat(100_000);
    assert!(wrong(&deep).contains("64 deep"));
}
