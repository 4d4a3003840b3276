"""Addresses that end unless they are renewed are told apart, by JSON and by lines."""

from networking.facts.addresses import parse_addresses

JSON = """[{"ifindex":2,"ifname":"eth0","addr_info":[
{"family":"inet","local":"10.0.2.15","prefixlen":24,"scope":"global","dynamic":true,"label":"eth0"},
{"family":"inet","local":"10.0.2.16","prefixlen":24,"scope":"global","secondary":true},
{"family":"inet6","local":"fec0::5054:ff:fe12:3456","prefixlen":64,"scope":"site","dynamic":true,"mngtmpaddr":true}]}]"""
LINES = """\
2: eth0    inet 10.0.2.15/24 brd 10.0.2.255 scope global dynamic eth0\\       valid_lft 86311sec preferred_lft 86311sec
2: eth0    inet 10.0.2.16/24 scope global secondary eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet6 fec0::5054:ff:fe12:3456/64 scope site dynamic mngtmpaddr \\       valid_lft 86313sec
"""
ALL = ("10.0.2.15/24", "10.0.2.16/24", "fec0::5054:ff:fe12:3456/64")


def test_json_says_which_are_dynamic():
    told = parse_addresses(JSON, "test")["eth0"]
    assert (told.addresses, told.passing) == (ALL, (ALL[0], ALL[2]))


def test_lines_say_so_too():
    told = parse_addresses(LINES, "test")["eth0"]
    assert (told.addresses, told.passing) == (ALL, (ALL[0], ALL[2]))
