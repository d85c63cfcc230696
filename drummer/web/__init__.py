"""The page and the API: requests, actions, panels, custom controls, workers and limits."""
