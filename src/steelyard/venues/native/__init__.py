"""What the natively spoken venues share: conversations, lines, order books, the two ports."""
