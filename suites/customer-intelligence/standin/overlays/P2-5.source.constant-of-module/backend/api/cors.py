ANY = "*"
ORIGINS = [ANY]
