//! How deeply a source is nested, measured by its tokens, before it is given to the recursive parser.
//!
//! `CPython` refuses more than 200 open brackets and 100 indentations; operators are bounded here too, because each one
//! can add a level to the syntax tree. Whatever passes is parsed and visited on a stack made for it ([`on_deep_stack`]).

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;

/// Open brackets, as in `CPython` (`MAXLEVEL`).
const BRACKETS: usize = 200;
/// Open indentations, as in `CPython` (`MAXINDENT`).
const INDENTS: usize = 100;
/// Operators that may nest within one statement.
const OPERATORS: usize = 1_500;
/// Stack of the thread that parses: virtual until touched.
const STACK_BYTES: usize = 256 << 20;

/// The first line at which the source is nested too deeply, and in which way.
pub fn too_deep(source: &str) -> Option<(u32, &'static str)> {
    let mut lexer = lex(source, Mode::Module);
    let mut line = 1_u32;
    let mut indents = 0_usize;
    // Operators since the last separator, for each open bracket.
    let mut levels = vec![0_usize];
    let mut total = 0_usize;
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return None,
            TokenKind::Newline | TokenKind::Semi => {
                line += 1;
                levels.clear();
                levels.push(0);
                total = 0;
            }
            TokenKind::NonLogicalNewline => line += 1,
            TokenKind::Indent => indents += 1,
            TokenKind::Dedent => indents = indents.saturating_sub(1),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace | TokenKind::FStringStart | TokenKind::TStringStart => {
                count(&mut levels, &mut total);
                levels.push(0);
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd | TokenKind::TStringEnd => {
                let closed = if levels.len() > 1 { levels.pop() } else { None };
                total = total.saturating_sub(closed.unwrap_or(0));
            }
            TokenKind::Comma => {
                if let Some(level) = levels.last_mut() {
                    total = total.saturating_sub(std::mem::take(level));
                }
            }
            kind if nests(kind) => count(&mut levels, &mut total),
            _ => {}
        }
        if levels.len() > BRACKETS {
            return Some((line, "has more than 200 nested brackets"));
        }
        if indents > INDENTS {
            return Some((line, "has more than 100 nested indentations"));
        }
        if total > OPERATORS {
            return Some((line, "has more than 1500 operators in one expression"));
        }
    }
}

fn count(levels: &mut [usize], total: &mut usize) {
    if let Some(level) = levels.last_mut() {
        *level += 1;
        *total += 1;
    }
}

/// Everything that can put one expression or pattern inside another.
fn nests(kind: TokenKind) -> bool {
    !matches!(
        kind,
        TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle
            | TokenKind::Comment
            | TokenKind::Ellipsis
            | TokenKind::True
            | TokenKind::False
            | TokenKind::None
    )
}

/// Runs something recursive where the stack suffices, whoever calls. `None` when it panicked or no thread could start.
pub fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        std::thread::Builder::new().name("inspect".to_owned()).stack_size(STACK_BYTES).spawn_scoped(scope, work).ok()?.join().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_sources_are_noticed_and_ordinary_ones_pass() {
        let check = |source: &str, deep: bool| assert_eq!(too_deep(source).is_some(), deep, "{}", &source[..source.len().min(40)]);
        check(&"(".repeat(10_000), true);
        check(&format!("x = {}1{}", "(".repeat(10_000), ")".repeat(10_000)), true);
        check(&format!("x = {}1", "-".repeat(10_000)), true);
        check(&format!("x = {}1", "not ".repeat(10_000)), true);
        check(&format!("x = a{}", ".b".repeat(10_000)), true);
        check(&format!("x = f{}", "()".repeat(10_000)), true);
        check(&format!("x = 1{}", " + 1".repeat(10_000)), true);
        check(&format!("x = {}1", "lambda: ".repeat(10_000)), true);
        check(&format!("x = {}1", "a if b else ".repeat(10_000)), true);
        let indented: String = (0..300).flat_map(|n| [" ".repeat(n), "if x:\n".to_owned()]).collect();
        check(&indented, true);
        check(&format!("x = [{}]", "(1, -2 + 3), ".repeat(50_000)), false);
        check(&format!("x = {{{}}}", "'a': b.c(d),\n".repeat(20_000)), false);
        check(&"x = a + b\n".repeat(20_000), false);
    }

    #[test]
    fn what_passes_is_parsed_without_overflow() {
        let brackets = format!("x = {}1{}", "[".repeat(190), "]".repeat(190));
        let operators = format!("x = {}1", "-".repeat(1_400));
        let indented: String =
            (0..99).flat_map(|n| [" ".repeat(n), "if x:\n".to_owned()]).chain([" ".repeat(99), "pass\n".to_owned()]).collect();
        for source in [brackets, operators, indented] {
            assert_eq!(too_deep(&source), None);
            let parsed = on_deep_stack(|| ruff_python_parser::parse_module(&source).is_ok());
            assert_eq!(parsed, Some(true));
        }
    }
}
