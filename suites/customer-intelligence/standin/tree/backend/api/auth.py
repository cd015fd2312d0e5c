import jwt
from fastapi import Header, HTTPException

from backend.settings import jwt_secret


def current_user(authorization: str = Header()) -> str:
    scheme, _, credential = authorization.partition(" ")
    if scheme != "Bearer":
        raise HTTPException(status_code=401)
    try:
        return jwt.decode(credential, jwt_secret(), algorithms=["HS256"])["sub"]
    except jwt.InvalidTokenError as problem:
        raise HTTPException(status_code=401) from problem
