import ArgumentParser

@main
struct MailTap: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mailtap")
}
