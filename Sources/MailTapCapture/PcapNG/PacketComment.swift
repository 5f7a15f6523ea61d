/// The comments on packets that MailTap's own recordings carry.
public enum PacketComment {
    /// What each of them begins with.
    public static let prefix = "mailtap: "
}
