"""The server side of Gate's API v4: spot and USDT perpetuals, REST and sockets."""
