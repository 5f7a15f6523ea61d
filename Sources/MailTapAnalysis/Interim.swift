import MailTapCore

enum Findings { static func all(of session: Session, anomalies: [DialogueAnomaly]) -> [Finding] { [] } }
