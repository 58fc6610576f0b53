//! The binary: hands over to the library and turns its verdict into a process exit code.

fn main() -> std::process::ExitCode {
    execgov::app::main()
}
