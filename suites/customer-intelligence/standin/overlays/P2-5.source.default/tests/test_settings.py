from backend.settings import _origins


def test_origins_are_listed(monkeypatch):
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example.org , https://b.example.org")
    assert _origins() == ["https://a.example.org", "https://b.example.org"]
