//! The language of scenarios: lines of text to steps. `scenarios/README.md` tells a user how to write them.

use std::collections::VecDeque;
use std::time::Duration;

/// A step and where it stands.
#[derive(Debug, PartialEq)]
pub(crate) struct Step {
    /// Line of the file, from 1.
    pub(crate) line: usize,
    /// As written, for messages.
    pub(crate) text: String,
    pub(crate) action: Action,
}

/// What a step does. Texts may hold `$names`, which are put in when the step runs.
#[derive(Debug, PartialEq)]
pub(crate) enum Action {
    /// No other scenario runs beside this one: it measures what the machine does.
    Alone,
    /// The steps of `scenarios/parts/NAME.txt`, in this place.
    Include(String),
    /// A system of its own, by name, and the one that the following steps talk to.
    System(String),
    /// Calls that follow are this account's; its number gets the account's name.
    Account(String),
    /// A name for a text.
    Text { name: String, body: String },
    /// A call of the API.
    Api { call: Call, saves: Vec<(String, String)>, expects: Expects },
    /// A command inside an instance.
    Exec { instance: String, command: String, expects: Expects },
    /// A command of the `isthmus` program.
    Run { command: String, expects: Expects },
    /// A command inside an instance that goes on while the next steps run.
    Start { name: String, instance: String, command: String },
    /// A command of the `isthmus` program that goes on in the same way.
    Follow { name: String, command: String },
    /// The next line that such a command prints, within this time, has these texts.
    Prints { name: String, texts: Vec<String>, within: Duration },
    /// Such a command prints something within this time.
    Flows { name: String, within: Duration },
    /// After this time such a command prints nothing more.
    Stops { name: String, within: Duration },
    /// What happens to the daemon.
    Daemon(Fate),
}

/// What happens to the daemon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    /// It ends at once, with no chance to put anything in order.
    Killed,
    /// It is started again.
    Started,
    /// Everything is taken down, and nothing may be left.
    Down,
}

/// A call of the API.
#[derive(Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) product: String,
    pub(crate) action: String,
    pub(crate) parameters: Vec<(String, String)>,
}

/// What must come of a step.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Expects {
    pub(crate) all: Vec<Expect>,
    /// The step is repeated for so long until everything is as expected.
    pub(crate) within: Option<Duration>,
}

/// One thing that must be so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expect {
    /// The answer, or the output as JSON, has this value at this path.
    Has(String, String),
    /// The number at this path of the answer is greater than this.
    Above(String, u64),
    /// The API refuses with this code, and nothing has changed.
    Refused(String),
    /// The output has this text.
    Prints(String),
    /// The output has no such text.
    Lacks(String),
    /// The output has this text so many times.
    Counts(String, std::ops::RangeInclusive<usize>),
    /// The command fails.
    Fails,
}

/// A line that cannot be understood.
#[derive(Debug, PartialEq)]
pub(crate) struct Mistake {
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// The steps of a scenario.
pub(crate) fn parse(text: &str) -> Result<Vec<Step>, Mistake> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line)).peekable();
    let mut steps = Vec::new();
    while let Some((line, first)) = lines.next() {
        if first.trim().is_empty() || first.starts_with('#') {
            continue;
        }
        let mut text = first.trim().to_owned();
        let action = if let Some(name) = text.strip_prefix("text ") {
            let body: Vec<_> =
                lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "end").collect();
            Action::Text { name: name.trim().to_owned(), body: body.join("\n") + "\n" }
        } else {
            while let Some((_, more)) = lines.next_if(|(_, line)| line.starts_with(' ')) {
                text = format!("{text} {}", more.trim());
            }
            action(&text).map_err(|why| Mistake { line, why })?
        };
        steps.push(Step { line, text, action });
    }
    Ok(steps)
}

type Words = VecDeque<String>;

fn action(text: &str) -> Result<Action, String> {
    let (order, expects) = text.split_once(" => ").unwrap_or((text, ""));
    let expects = expectations(words(expects)?)?;
    let (verb, rest) = order.split_once(' ').unwrap_or((order, ""));
    match verb {
        "alone" => Ok(Action::Alone),
        "api" => api(rest, expects),
        "exec" => {
            let (instance, command) = two(rest)?;
            Ok(Action::Exec { instance, command, expects })
        }
        "run" => Ok(Action::Run { command: rest.trim().to_owned(), expects }),
        "start" => {
            let (name, rest) = two(rest)?;
            let (instance, command) = two(&rest)?;
            Ok(Action::Start { name, instance, command })
        }
        "follow" => {
            let (name, command) = two(rest)?;
            Ok(Action::Follow { name, command })
        }
        "stream" => stream(words(rest)?),
        "include" => Ok(Action::Include(rest.trim().to_owned())),
        "system" => Ok(Action::System(rest.trim().to_owned())),
        "account" => Ok(Action::Account(rest.trim().to_owned())),
        "daemon" => match rest.trim() {
            "killed" => Ok(Action::Daemon(Fate::Killed)),
            "started" => Ok(Action::Daemon(Fate::Started)),
            "down" => Ok(Action::Daemon(Fate::Down)),
            other => Err(format!("daemon {other}: say killed, started or down")),
        },
        other => Err(format!("no step begins with '{other}'")),
    }
}

fn two(text: &str) -> Result<(String, String), String> {
    let (first, rest) = text.trim().split_once(' ').ok_or("something is missing at the end")?;
    Ok((first.to_owned(), rest.trim().to_owned()))
}

fn api(text: &str, expects: Expects) -> Result<Action, String> {
    let (call, saves) = text.split_once(" -> ").unwrap_or((text, ""));
    let mut words = words(call)?;
    let mut next = || words.pop_front().ok_or("a call has a product and an action");
    let (product, action) = (next()?, next()?);
    let parameters = words.into_iter().map(|word| pair(&word)).collect::<Result<_, _>>()?;
    let saves = self::words(saves)?.into_iter().map(|word| pair(&word)).collect::<Result<_, _>>()?;
    Ok(Action::Api { call: Call { product, action, parameters }, saves, expects })
}

fn stream(mut words: Words) -> Result<Action, String> {
    match words.make_contiguous() {
        [name, verb, within, time] if within == "within" => {
            let (name, within) = (name.clone(), duration(time)?);
            match verb.as_str() {
                "flows" => Ok(Action::Flows { name, within }),
                "stops" => Ok(Action::Stops { name, within }),
                other => Err(format!("a stream flows, stops or prints, it does not '{other}'")),
            }
        }
        [name, texts @ .., within, time] if within == "within" && !texts.is_empty() => {
            let text = |pair: &[String]| match pair {
                [verb, text] if verb == "prints" => Ok(text.clone()),
                other => Err(format!("a stream prints a text, not '{}'", other.join(" "))),
            };
            let texts = texts.chunks(2).map(text).collect::<Result<_, _>>()?;
            Ok(Action::Prints { name: name.clone(), texts, within: duration(time)? })
        }
        _ => Err("say: stream NAME flows within 1s".to_owned()),
    }
}

fn expectations(mut words: Words) -> Result<Expects, String> {
    let mut expects = Expects::default();
    while let Some(word) = words.pop_front() {
        let mut next = || words.pop_front().ok_or_else(|| format!("something is missing after '{word}'"));
        let expect = match word.as_str() {
            "has" => pair(&next()?).map(|(path, value)| Expect::Has(path, value))?,
            "above" => {
                let (path, least) = pair(&next()?)?;
                let number = least.parse().map_err(|_| format!("'{least}' is no number"))?;
                Expect::Above(path, number)
            }
            "refused" => Expect::Refused(next()?),
            "prints" => Expect::Prints(next()?),
            "lacks" => Expect::Lacks(next()?),
            "counts" => {
                let text = next()?;
                let range = next()?;
                let (low, high) = range.split_once("..").ok_or("a range is LOW..HIGH")?;
                let number = |text: &str| text.parse().map_err(|_| format!("'{text}' is no number"));
                Expect::Counts(text, number(low)?..=number(high)?)
            }
            "fails" => Expect::Fails,
            "within" => {
                expects.within = Some(duration(&next()?)?);
                continue;
            }
            other => return Err(format!("nothing can be expected with '{other}'")),
        };
        expects.all.push(expect);
    }
    Ok(expects)
}

fn pair(word: &str) -> Result<(String, String), String> {
    // The `=` of a choice such as `Zones.[ZoneId=g].EniIp` is not the one that parts name and value.
    let mut depth = 0;
    let at = word.find(|character| {
        depth += i32::from(character == '[') - i32::from(character == ']');
        character == '=' && depth == 0
    });
    let at = at.ok_or_else(|| format!("'{word}' is not NAME=VALUE"))?;
    Ok((word[..at].to_owned(), word[at + 1..].to_owned()))
}

fn duration(text: &str) -> Result<Duration, String> {
    let number = |digits: &str| digits.parse::<u64>().ok();
    let milliseconds = text.strip_suffix("ms").and_then(number);
    let seconds = || text.strip_suffix('s').and_then(number).map(|seconds| seconds * 1000);
    milliseconds
        .or_else(seconds)
        .map(Duration::from_millis)
        .ok_or_else(|| format!("'{text}' is no time: 5s, 200ms"))
}

/// Words between spaces; quotes of either kind keep spaces, and quotes of the other kind, inside a word.
fn words(text: &str) -> Result<Words, String> {
    let mut words = Words::new();
    let mut word: Option<String> = None;
    let mut open: Option<char> = None;
    for character in text.chars() {
        match (open, character) {
            (Some(quote), _) if character == quote => open = None,
            (None, '"' | '\'') => {
                open = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, other) => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    if open.is_some() { Err("a quotation has no end".to_owned()) } else { Ok(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Action {
        parse(text).unwrap().remove(0).action
    }

    #[test]
    fn a_call_goes_over_lines_saves_and_expects() {
        let text = "\n# a VPC\napi vpc CreateVpc CidrBlock=10.0.0.0/8\n  VpcName=\"my vpc\"\n  -> vpc=VpcId => within 5s\n";
        let steps = parse(text).unwrap();
        assert_eq!(steps[0].line, 3);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            steps[0].action,
            Action::Api {
                call: Call {
                    product: "vpc".into(),
                    action: "CreateVpc".into(),
                    parameters: vec![pair("CidrBlock", "10.0.0.0/8"), pair("VpcName", "my vpc")],
                },
                saves: vec![pair("vpc", "VpcId")],
                expects: Expects { all: vec![], within: Some(Duration::from_secs(5)) },
            }
        );
    }

    #[test]
    fn a_command_keeps_its_own_quotes_and_signs() {
        let Action::Exec { instance, command, expects } =
            only("exec $ecs1 echo \"$(date)\" | grep 'a  b' => prints \"a  b\" counts x 1..3 fails")
        else {
            panic!("no exec");
        };
        assert_eq!((instance.as_str(), command.as_str()), ("$ecs1", "echo \"$(date)\" | grep 'a  b'"));
        let expected = [Expect::Prints("a  b".into()), Expect::Counts("x".into(), 1..=3), Expect::Fails];
        assert_eq!(expects.all, expected);
    }

    #[test]
    fn a_path_may_choose_from_a_list() {
        let Action::Api { saves, .. } = only("api nlb X -> a=Zones.[ZoneId=g].EniIp") else {
            panic!("no call")
        };
        assert_eq!(saves, [("a".into(), "Zones.[ZoneId=g].EniIp".into())]);
        let Action::Api { expects, .. } = only("api nlb X => has Zones.[ZoneId=g].EniIp=10.0.0.1") else {
            panic!("no call")
        };
        assert_eq!(expects.all, [Expect::Has("Zones.[ZoneId=g].EniIp".into(), "10.0.0.1".into())]);
    }

    #[test]
    fn quotes_keep_spaces_and_the_other_quotes() {
        let Action::Api { call, .. } = only("api ecs X InstanceIds='[\"$i\"]' Name=\"it's one\"") else {
            panic!("no call")
        };
        let values: Vec<_> = call.parameters.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["[\"$i\"]", "it's one"]);
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, why) in [
            ("\nfly me", "no step begins with 'fly'"),
            ("\napi vpc", "a call has a product and an action"),
            ("\napi vpc X Y", "'Y' is not NAME=VALUE"),
            ("\nexec $i ls => blinks", "nothing can be expected with 'blinks'"),
            ("\nstream s flows within soon", "'soon' is no time: 5s, 200ms"),
            ("\nstream s prints within 1s", "a stream flows, stops or prints, it does not 'prints'"),
            ("\nstream s prints x y within 1s", "a stream prints a text, not 'y'"),
        ] {
            assert_eq!(parse(text).unwrap_err(), Mistake { line: 2, why: why.into() });
        }
    }
}
